/** Words of the scaler as a page shows them. */
import type { Condition, ScalingMode } from "@/lib/api/types";
import { formatName, isNumber } from "@/lib/format";

export const MODE_MEANS: Record<ScalingMode, string> = {
  off: "The autoscaler does nothing for it.",
  observe: "The autoscaler decides and says what it would do, but changes nothing.",
  enforce: "The autoscaler changes the replicas.",
};

/** What the API takes at most. */
export const LONGEST_FREEZE_S = 604_800;
export const LONGEST_REASON = 500;
/** In place of a version: the newest model serves again. */
export const NEWEST = "newest";

type Severity = "info" | "warning" | "error";

/** Those that are no trouble, and those that take the forecast or the action away; all others warn. */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  filling: "info",
  frozen: "info",
  rollout: "info",
  floor_held: "info",
  not_the_writer: "info",
  model_pinned: "info",
  not_promoted: "info",
  no_metrics: "error",
  scale_unknown: "error",
  scale_refused: "error",
  forecast_broken: "error",
};

export function severityOf({ kind }: Pick<Condition, "kind">): Severity {
  return SEVERITIES[kind] ?? "warning";
}

type Tone = "default" | "success" | "warning" | "error";

export function toneOf(verdict: string): Tone {
  if (verdict === "good") return "success";
  if (verdict === "too few") return "error";
  return verdict === "late" ? "warning" : "default";
}

/** Names of figures, where the API's own would need its documentation beside it. */
const FIGURES: Readonly<Record<string, string>> = {
  ready: "Ready",
  from_replicas: "Replicas before",
  capacity: "Capacity",
  target: "Target",
  wanted: "Formula asks for",
  reactive: "Reactive count",
  alone: "Reactive alone",
  forecast: "Forecast within the horizon",
  raised: "Raised since",
  floor: "Floor by the forecast",
};

export function figureName(name: string): string {
  return FIGURES[name] ?? formatName(name);
}

const UNITS_S = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/** Seconds of "90s", "30m", "2h" or "1h30m"; undefined where it is none of these. */
export function durationOf(text: string): number | undefined {
  const compact = text.replaceAll(/\s+/g, "").toLowerCase();
  if (!/^(\d+(\.\d+)?[dhms])+$/.test(compact)) return undefined;
  const parts = [...compact.matchAll(/([\d.]+)([dhms])/g)];
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS_S[unit as keyof typeof UNITS_S], 0);
  return isNumber(total) && total > 0 ? total : undefined;
}

/** A typed number; undefined for nothing, NaN for what is none. */
export function numberOf(text: string): number | undefined {
  const trimmed = text.trim().replace(",", ".");
  return trimmed === "" ? undefined : Number(trimmed);
}
