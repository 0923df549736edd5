/** What the two charts of a target draw, from what the API gives. */
import type { Line } from "@/components/chart-options";
import type { ForecastPath, Points, WorkloadSeries } from "@/lib/api/types";
import { formatQuantile } from "@/lib/format";

type Path = Pick<ForecastPath, "path" | "quantile">;

/** Load beside the forecast that was made for each time, and from `now` (Unix seconds) on the newest path. */
export function loadLines(series: WorkloadSeries, ahead: Path | undefined, now: number): Line[] {
  const path = ahead?.path ?? [];
  const median = path.map(({ at, median: value }) => [at, value] as const);
  const upper = path.map(({ at, upper: value }) => [at, value] as const);
  return [
    { label: formatQuantile(ahead?.quantile), color: "upper", points: joined(series.upper, upper, now), isDashed: true, bandTo: 1 },
    { label: "forecast", color: "forecast", points: joined(series.forecast, median, now), isDashed: true },
    { label: "load", color: "actual", points: series.actual },
  ];
}

/** The counts that were, and the one that would have been without the forecast. */
export function replicaLines(series: WorkloadSeries): Line[] {
  return [
    { label: "ready", color: "replicas", points: series.replicas, isStepped: true, isFilled: true },
    { label: "desired", color: "forecast", points: series.desired, isStepped: true },
    { label: "reactive alone", color: "calm", points: series.reactive, isStepped: true, isDashed: true },
  ];
}

/** Where the time axis ends: at the end of the path, or now. Unix seconds. */
export function axisEnd(ahead: Path | undefined, now: number): number {
  return Math.max(now, ahead?.path.at(-1)?.at ?? 0);
}

/** What was forecast for times up to now, then the path; without a path, all that was forecast. */
function joined(past: Points, path: Points, now: number): Points {
  const from = path.find(([at]) => at > now)?.[0] ?? Infinity;
  return [...past.filter(([at]) => at < from), ...path.filter(([at]) => at >= from)];
}
