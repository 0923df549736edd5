import { Box } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Panel } from "@/components/panel";
import { TimeChart } from "@/components/time-chart";
import { pathQuery, seriesQuery } from "@/features/scaling/api/scaling";
import { Answer } from "@/features/scaling/components/answer";
import { ForecastLine } from "@/features/scaling/components/forecast-line";
import { axisEnd, loadLines, replicaLines } from "@/features/scaling/series-lines";
import { useNow } from "@/hooks/use-now";
import type { ForecastPath, Workload, WorkloadSeries } from "@/lib/api/types";
import { formatCount, formatNumber } from "@/lib/format";

interface TargetChartsProps {
  readonly target: Workload;
  readonly windowS: number;
}

/** What came beside what was forecast and what is ahead, and the replicas that it led to. */
export function TargetCharts({ target, windowS }: TargetChartsProps) {
  const series = useQuery(seriesQuery(target.name, windowS));
  const path = useQuery(pathQuery(target.name));
  return (
    <Panel title="Load and replicas" detail={<ForecastLine target={target} />}>
      <Answer query={series} failure="The series could not be read" height={430}>
        {(data) => <Charts target={target} windowS={windowS} series={data} path={path.data} />}
      </Answer>
    </Panel>
  );
}

interface ChartsProps extends TargetChartsProps {
  readonly series: WorkloadSeries;
  readonly path: ForecastPath | undefined;
}

function Charts({ target, windowS, series, path }: ChartsProps) {
  const now = useNow() / 1000;
  // Which forecasts lie ahead changes with each answer, not with each second.
  const newest = series.actual.at(-1)?.[0] ?? now;
  const load = useMemo(() => loadLines(series, path, newest), [series, path, newest]);
  const replicas = useMemo(() => replicaLines(series), [series]);
  const until = axisEnd(path, now);
  const shared = { windowS: windowS + (until - now), until, now, syncKey: `target-${target.name}` };
  return (
    <>
      <TimeChart {...shared} title={`Load, ${target.load_unit}; ahead of now, the forecast`} lines={load} format={formatNumber} height={240} atLeast={0.1} />
      <Box sx={{ mt: 1.5 }}>
        <TimeChart {...shared} title="Replicas" lines={replicas} format={formatCount} height={150} atLeast={Math.max(2, target.replicas.minimum)} isWhole />
      </Box>
    </>
  );
}
