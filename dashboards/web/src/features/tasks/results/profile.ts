/** The result of `dataset.profile`. */
import { type Json, listIn, numberIn, objectIn, textIn } from "@/features/tasks/results/read";
import { formatMoment, formatNumber } from "@/lib/format";

export interface Histogram {
  /** One more than counts; already as people read them. */
  readonly edges: readonly string[];
  readonly counts: readonly number[];
}

export interface ColumnProfile {
  readonly name: string;
  readonly type: string;
  readonly missing: number;
  readonly missingRatio: number;
  readonly distinct: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly histogram: Histogram | undefined;
  readonly top: readonly { readonly value: string; readonly count: number }[];
}

export interface Correlation {
  readonly one: string;
  readonly other: string;
  readonly value: number;
}

export interface Profile {
  readonly dataset: string;
  readonly rows: number;
  readonly sizeBytes: number | undefined;
  readonly columns: readonly ColumnProfile[];
  /** Strongest first. */
  readonly correlations: readonly Correlation[];
}

const SHOWN_CORRELATIONS = 10;

/** undefined where the result has another shape. */
export function profileIn(result: Json): Profile | undefined {
  const rows = numberIn(result["rows"]);
  if (rows === undefined || !Array.isArray(result["columns"])) return undefined;
  return {
    dataset: textIn(objectIn(result["dataset"])?.["name"]) ?? "",
    rows,
    sizeBytes: numberIn(result["size_bytes"]),
    columns: listIn(result["columns"]).flatMap((entry) => {
      const column = objectIn(entry);
      return column === undefined ? [] : [columnOf(column)];
    }),
    correlations: correlationsIn(objectIn(result["correlations"])),
  };
}

function columnOf(column: Json): ColumnProfile {
  const numbers = objectIn(column["numbers"]);
  const times = objectIn(column["timestamps"]);
  const text = objectIn(column["text"]);
  const distinct = formatNumber(numberIn(column["distinct"]));
  return {
    name: textIn(column["name"]) ?? "",
    type: textIn(column["type"]) ?? "",
    missing: numberIn(column["missing"]) ?? 0,
    missingRatio: numberIn(column["missing_ratio"]) ?? 0,
    distinct: column["distinct_is_exact"] === false ? `≈ ${distinct}` : distinct,
    facts: [...numberFacts(numbers), ...timeFacts(times), ...textFacts(text)],
    histogram: histogramIn(numbers, asNumber) ?? histogramIn(times, asTime),
    top: listIn(text?.["top"]).flatMap((entry) => {
      const item = objectIn(entry);
      const count = numberIn(item?.["count"]);
      return count === undefined ? [] : [{ value: textIn(item?.["value"]) ?? "", count }];
    }),
  };
}

function numberFacts(numbers: Json | undefined): [string, string][] {
  if (numbers === undefined) return [];
  const quantiles = objectIn(numbers["quantiles"]);
  return [
    ["minimum", asNumber(numbers["minimum"])],
    ["5 %", asNumber(quantiles?.["0.05"])],
    ["25 %", asNumber(quantiles?.["0.25"])],
    ["median", asNumber(quantiles?.["0.5"])],
    ["75 %", asNumber(quantiles?.["0.75"])],
    ["95 %", asNumber(quantiles?.["0.95"])],
    ["maximum", asNumber(numbers["maximum"])],
    ["mean", asNumber(numbers["mean"])],
    ["standard deviation", asNumber(numbers["standard_deviation"])],
    ["zeros", asNumber(numbers["zeros"])],
  ];
}

function timeFacts(times: Json | undefined): [string, string][] {
  if (times === undefined) return [];
  return [
    ["first", asTime(times["minimum"])],
    ["median", asTime(objectIn(times["quantiles"])?.["0.5"])],
    ["last", asTime(times["maximum"])],
  ];
}

function textFacts(text: Json | undefined): [string, string][] {
  if (text === undefined) return [];
  return [
    ["shortest", `${asNumber(text["shortest"])} characters`],
    ["longest", `${asNumber(text["longest"])} characters`],
  ];
}

function histogramIn(summary: Json | undefined, show: (value: unknown) => string): Histogram | undefined {
  const histogram = objectIn(summary?.["histogram"]);
  const counts = listIn(histogram?.["counts"]).flatMap((count) => numberIn(count) ?? []);
  const edges = listIn(histogram?.["edges"]).map(show);
  return counts.length > 0 && edges.length === counts.length + 1 ? { counts, edges } : undefined;
}

function correlationsIn(correlations: Json | undefined): Correlation[] {
  const names = listIn(correlations?.["columns"]).map((name) => textIn(name) ?? "");
  const pairs = listIn(correlations?.["matrix"]).flatMap((row, place) =>
    listIn(row)
      .slice(0, place)
      .flatMap((cell, other) => {
        const value = numberIn(cell);
        return value === undefined ? [] : [{ one: names[place] ?? "", other: names[other] ?? "", value }];
      }),
  );
  return pairs.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, SHOWN_CORRELATIONS);
}

function asNumber(value: unknown): string {
  return formatNumber(numberIn(value));
}

function asTime(value: unknown): string {
  return typeof value === "string" ? formatMoment(value) : "–";
}
