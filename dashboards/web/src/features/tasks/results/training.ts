/** The result of `model.train`. */
import { type Json, listIn, numberIn, objectIn, textIn } from "@/features/tasks/results/read";

export interface Score {
  readonly name: string;
  readonly mean: number;
  readonly deviation: number | undefined;
  /** The same score of a model that ignores its inputs. */
  readonly baseline: number | undefined;
}

export interface Training {
  readonly kind: string;
  readonly target: string;
  readonly dataset: string;
  readonly rowsUsed: number | undefined;
  readonly rowsInDataset: number | undefined;
  readonly folds: number | undefined;
  readonly scores: readonly Score[];
  readonly importances: readonly { readonly feature: string; readonly importance: number }[];
  readonly dropped: readonly (readonly [feature: string, reason: string])[];
  readonly modelBytes: number | undefined;
}

/** undefined where the result has another shape. */
export function trainingIn(result: Json): Training | undefined {
  const scores = objectIn(result["scores"]);
  if (scores === undefined) return undefined;
  const rows = objectIn(result["rows"]);
  const baseline = objectIn(result["baseline"]);
  return {
    kind: textIn(result["kind"]) ?? "",
    target: textIn(result["target"]) ?? "",
    dataset: textIn(objectIn(result["dataset"])?.["name"]) ?? "",
    rowsUsed: numberIn(rows?.["used"]),
    rowsInDataset: numberIn(rows?.["in_dataset"]),
    folds: numberIn(result["folds"]),
    scores: Object.entries(scores).flatMap(([name, entry]) => {
      const score = objectIn(entry);
      const mean = numberIn(score?.["mean"]);
      if (mean === undefined) return [];
      const deviation = numberIn(score?.["standard_deviation"]);
      return [{ name, mean, deviation, baseline: numberIn(objectIn(baseline?.[name])?.["mean"]) }];
    }),
    importances: listIn(result["importances"]).flatMap((entry) => {
      const item = objectIn(entry);
      const importance = numberIn(item?.["importance"]);
      return importance === undefined ? [] : [{ feature: textIn(item?.["feature"]) ?? "", importance }];
    }),
    dropped: Object.entries(objectIn(objectIn(result["features"])?.["dropped"]) ?? {}).map(
      ([feature, reason]) => [feature, String(reason)] as const,
    ),
    modelBytes: numberIn(objectIn(result["model"])?.["size_bytes"]),
  };
}
