import type { Line } from "@/components/chart-options";
import type { WorkloadSeries } from "@/lib/api/types";

/** The upper line comes first, so that the band reaches down to the forecast and both lie below the load. */
export function loadLines(series: WorkloadSeries): Line[] {
  return [
    { label: "upper quantile", color: "upper", points: series.upper, isDashed: true, bandTo: 1 },
    { label: "forecast", color: "forecast", points: series.forecast, isDashed: true },
    { label: "actual", color: "actual", points: series.actual },
  ];
}

export function replicaLines(series: WorkloadSeries): Line[] {
  return [{ label: "ready", color: "replicas", points: series.replicas, isStepped: true, isFilled: true }];
}

/** Where the time axis ends: at the farthest forecast, or now. Unix seconds. */
export function seriesEnd(series: WorkloadSeries, now: number): number {
  return Math.max(now, series.forecast.at(-1)?.[0] ?? 0);
}
