import { Alert, Box, Chip, Link, Skeleton, Tooltip, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { Link as RouterLink } from "react-router";
import { ErrorState } from "@/components/error-state";
import { Panel } from "@/components/panel";
import { TimeChart } from "@/components/time-chart";
import { workloadSeriesQuery } from "@/features/overview/api/overview";
import { ForecastNote } from "@/features/overview/components/forecast-note";
import { loadLines, replicaLines, seriesEnd } from "@/features/overview/components/workload-lines";
import { useNow } from "@/hooks/use-now";
import type { Workload } from "@/lib/api/types";
import { formatCount, formatName, formatNumber, isNumber } from "@/lib/format";

interface WorkloadPanelProps {
  readonly workload: Workload;
  readonly windowS: number;
  readonly freshness: ReactNode;
}

const MODES: Record<string, string> = {
  off: "The autoscaler does nothing for this workload.",
  observe: "The autoscaler decides and says what it would do, but changes nothing.",
  enforce: "The autoscaler changes the replicas.",
};

/** What comes in, what was forecast, how many replicas that led to, and why. */
export function WorkloadPanel({ workload, windowS, freshness }: WorkloadPanelProps) {
  const { replicas, load_unit: unit } = workload;
  return (
    <Panel
      title={formatName(workload.name)}
      detail={isNumber(workload.load) ? `${formatNumber(workload.load)} ${unit} now` : "No load measured yet"}
      actions={
        <Box sx={{ display: "flex", alignItems: "center", gap: 1.5 }}>
          {freshness}
          <Tooltip title={`Desired ${formatCount(replicas.desired)}; bounds ${String(replicas.minimum)} to ${String(replicas.maximum)}`}>
            <Box sx={{ textAlign: "right", lineHeight: 1.2 }}>
              <Typography component="span" sx={{ fontSize: "1.25rem", fontWeight: 650, fontVariantNumeric: "tabular-nums" }}>
                {formatCount(replicas.ready)}
                <Box component="span" sx={{ color: "text.secondary", fontWeight: 500 }}>
                  {" / "}
                  {formatCount(replicas.desired)}
                </Box>
              </Typography>
              <Typography variant="caption" component="div" sx={{ color: "text.secondary" }}>
                replicas ready / desired
              </Typography>
            </Box>
          </Tooltip>
          <Tooltip title={MODES[workload.mode] ?? workload.mode}>
            <Chip
              size="small"
              label={workload.mode}
              color={workload.mode === "enforce" ? "success" : "default"}
              variant="outlined"
            />
          </Tooltip>
        </Box>
      }
    >
      <WorkloadCharts workload={workload} windowS={windowS} />
      <ForecastNote workload={workload} />
      <Link component={RouterLink} to={`/scaling/${encodeURIComponent(workload.name)}`} sx={{ display: "inline-block", mt: 1, fontSize: "0.875rem" }}>
        All about scaling {formatName(workload.name)}
      </Link>
      {workload.decision && (
        <Typography variant="body2" sx={{ mt: 1, color: "text.secondary", overflowWrap: "anywhere" }}>
          <Box component="strong" sx={{ color: "text.primary", fontWeight: 600 }}>
            Latest decision:
          </Box>{" "}
          {workload.decision.reason}
        </Typography>
      )}
    </Panel>
  );
}

function WorkloadCharts({ workload, windowS }: { readonly workload: Workload; readonly windowS: number }) {
  const series = useQuery(workloadSeriesQuery(workload.name, windowS));
  const now = useNow() / 1000;
  const load = useMemo(() => (series.data === undefined ? [] : loadLines(series.data)), [series.data]);
  const replicas = useMemo(() => (series.data === undefined ? [] : replicaLines(series.data)), [series.data]);
  if (series.isPending) return <Skeleton variant="rounded" height={310} />;
  if (series.data === undefined) {
    return <ErrorState title="No series" error={series.error} onRetry={() => void series.refetch()} />;
  }
  const until = seriesEnd(series.data, now);
  const shared = { windowS: windowS + (until - now), until, now, syncKey: `workload-${workload.name}` };
  return (
    <>
      {series.isError && (
        <Alert severity="warning" sx={{ mb: 1 }}>
          The charts are stale: {series.error.message}
        </Alert>
      )}
      <TimeChart {...shared} title={`Load, ${workload.load_unit}`} lines={load} format={formatNumber} height={190} atLeast={0.1} />
      <Box sx={{ mt: 1 }}>
        <TimeChart
          {...shared}
          title="Replicas"
          lines={replicas}
          format={formatCount}
          height={104}
          atLeast={Math.max(2, workload.replicas.minimum)}
          isWhole
        />
      </Box>
    </>
  );
}
