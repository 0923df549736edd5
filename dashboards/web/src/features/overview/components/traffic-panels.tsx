import { Box, Skeleton } from "@mui/material";
import { useMemo } from "react";
import type { Line } from "@/components/chart-options";
import { Panel } from "@/components/panel";
import { TimeChart } from "@/components/time-chart";
import { useNow } from "@/hooks/use-now";
import type { Overview } from "@/lib/api/types";
import { formatNumber, formatRatio, formatSeconds } from "@/lib/format";

interface TrafficPanelsProps {
  readonly overview: Overview | undefined;
  readonly windowS: number;
}

const HEIGHT = 168;
const SYNC = "traffic";

/** Requests, latency, errors and the queue over time, with one cursor. */
export function TrafficPanels({ overview, windowS }: TrafficPanelsProps) {
  const until = useNow() / 1000;
  const lines = useMemo(() => (overview === undefined ? undefined : linesOf(overview)), [overview]);
  const charts = [
    { title: "Requests", unit: "requests per second", key: "requests", format: formatNumber, atLeast: 0.1 },
    { title: "Latency", unit: "time to answer", key: "latency", format: formatSeconds, atLeast: 0.001 },
    { title: "Errors", unit: "share of requests", key: "errors", format: formatRatio, atLeast: 0.01 },
    { title: "Queue and workers", unit: "tasks waiting, workers ready", key: "queue", format: formatNumber, atLeast: 4, isWhole: true },
  ] as const;
  return (
    <Box
      sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "minmax(0, 1fr)", md: "repeat(2, minmax(0, 1fr))", xl: "repeat(4, minmax(0, 1fr))" } }}
    >
      {charts.map(({ title, unit, key, ...rest }) => (
        <Panel key={key} title={title}>
          {lines === undefined ? (
            <Skeleton variant="rounded" height={HEIGHT + 44} />
          ) : (
            <TimeChart title={unit} lines={lines[key]} windowS={windowS} until={until} height={HEIGHT} syncKey={SYNC} {...rest} />
          )}
        </Panel>
      ))}
    </Box>
  );
}

function linesOf(overview: Overview): Record<"requests" | "latency" | "errors" | "queue", Line[]> {
  return {
    requests: [{ label: "all", color: "actual", points: overview.requests_rps, isFilled: true }],
    latency: [
      { label: "p95", color: "calm", points: overview.latency_p95_s },
      { label: "p50", color: "actual", points: overview.latency_p50_s },
    ],
    errors: [{ label: "failed", color: "alarm", points: overview.errors_ratio, isFilled: true }],
    queue: [
      { label: "queue", color: "forecast", points: overview.queue_depth, isFilled: true },
      { label: "workers", color: "replicas", points: overview.workers_ready, isStepped: true },
    ],
  };
}
