import { Box, Link, Stack, ToggleButton, ToggleButtonGroup } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Link as RouterLink, useSearchParams } from "react-router";
import { BlockLoading } from "@/components/block-loading";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { Facts } from "@/components/facts";
import { Freshness } from "@/components/freshness";
import { BackIcon } from "@/components/icons";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { checksQuery, LIVE_MS, targetsQuery } from "@/features/scaling/api/scaling";
import { AnomaliesPanel } from "@/features/scaling/components/anomalies-panel";
import { CapacityPanel, LearningPanel } from "@/features/scaling/components/capacity-panel";
import { ChangesPanel } from "@/features/scaling/components/changes-panel";
import { Checks, Conditions } from "@/features/scaling/components/conditions";
import { ControlPanel } from "@/features/scaling/components/control-panel";
import { CostPanel } from "@/features/scaling/components/cost-panel";
import { TargetDecisionsPanel } from "@/features/scaling/components/decisions-panel";
import { ExplanationPanel } from "@/features/scaling/components/explanation-panel";
import { ModelsPanel } from "@/features/scaling/components/models-panel";
import { RecommendationsPanel } from "@/features/scaling/components/recommendations-panel";
import { TargetCharts } from "@/features/scaling/components/target-charts";
import { WhatIfPanel } from "@/features/scaling/components/what-if-panel";
import type { Workload } from "@/lib/api/types";
import { formatCount, formatName, formatNumber } from "@/lib/format";

const WINDOWS = [
  { seconds: 300, label: "5 min" },
  { seconds: 900, label: "15 min" },
  { seconds: 3_600, label: "1 h" },
  { seconds: 21_600, label: "6 h" },
  { seconds: 86_400, label: "1 d" },
] as const;
const DEFAULT_WINDOW_S = 900;

/** All that is known about one target. */
export function TargetPage({ name }: { readonly name: string }) {
  const targets = useQuery(targetsQuery);
  const checks = useQuery(checksQuery);
  const [windowS, setWindowS] = useWindow();
  const target = targets.data?.find((each) => each.name === name);
  return (
    <>
      <Link component={RouterLink} to="/scaling" underline="hover" sx={{ display: "inline-flex", alignItems: "center", gap: 0.5, minHeight: 40, fontSize: "0.875rem" }}>
        <BackIcon fontSize="small" /> Scaling
      </Link>
      <PageHeader
        title={`Scaling of ${formatName(name)}`}
        actions={
          <>
            <Freshness updatedAt={targets.dataUpdatedAt} error={targets.error} every={LIVE_MS} />
            <WindowButtons windowS={windowS} onChange={setWindowS} />
          </>
        }
      />
      <Stack spacing={2}>
        <Checks checks={checks.data ?? []} />
        {targets.isPending ? (
          <BlockLoading height={520} />
        ) : targets.data === undefined ? (
          <ErrorState title="The autoscaler does not answer" error={targets.error} onRetry={() => void targets.refetch()} />
        ) : target === undefined ? (
          <EmptyState title={`${formatName(name)} is not scaled`}>
            {targets.data.length === 0 ? "The autoscaler scales nothing." : `It scales ${targets.data.map((each) => each.name).join(", ")}.`}
          </EmptyState>
        ) : (
          <TargetDetails target={target} windowS={windowS} />
        )}
      </Stack>
    </>
  );
}

function TargetDetails({ target, windowS }: { readonly target: Workload; readonly windowS: number }) {
  const { name } = target;
  return (
    <>
      <Conditions conditions={target.conditions} />
      <NowPanel target={target} />
      <Box sx={{ display: "grid", gap: 2, alignItems: "start", gridTemplateColumns: { xs: "minmax(0, 1fr)", lg: "minmax(0, 2fr) minmax(320px, 1fr)" } }}>
        <Stack spacing={2} sx={{ minWidth: 0 }}>
          <TargetCharts target={target} windowS={windowS} />
          <ExplanationPanel name={name} />
          <TargetDecisionsPanel name={name} />
        </Stack>
        <Stack spacing={2} sx={{ minWidth: 0 }}>
          <ControlPanel target={target} />
          <WhatIfPanel target={target} />
          <CostPanel name={name} />
          <LearningPanel target={target} />
          <CapacityPanel target={target} />
          <AnomaliesPanel name={name} />
          <ModelsPanel name={name} />
          <ChangesPanel name={name} />
        </Stack>
      </Box>
      <RecommendationsPanel title="Resources" name={name} />
    </>
  );
}

function NowPanel({ target }: { readonly target: Workload }) {
  const { replicas, decision, load_unit: unit, forecast } = target;
  return (
    <Panel title="Now">
      <Facts
        entries={[
          ["Ready / desired", `${formatCount(replicas.ready)} / ${formatCount(replicas.desired)}`],
          ["Reactive alone", formatCount(decision?.details.alone)],
          ["Floor by the forecast", formatCount(decision?.details.floor)],
          ["Bounds", `${String(replicas.minimum)} to ${String(replicas.maximum)}`],
          ["Load", `${formatNumber(target.load)} ${unit}`],
          ["Who forecasts", forecast.basis ?? "nobody yet"],
        ]}
      />
    </Panel>
  );
}

function WindowButtons({ windowS, onChange }: { readonly windowS: number; readonly onChange: (seconds: number) => void }) {
  return (
    <ToggleButtonGroup
      exclusive
      size="small"
      aria-label="Time shown"
      value={windowS}
      onChange={(_event, seconds: number | null) => {
        if (seconds !== null) onChange(seconds);
      }}
    >
      {WINDOWS.map(({ seconds, label }) => (
        <ToggleButton key={seconds} value={seconds} sx={{ px: 1.5, minHeight: 40, textTransform: "none" }}>
          {label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}

function useWindow(): [number, (seconds: number) => void] {
  const [parameters, setParameters] = useSearchParams();
  const asked = Number(parameters.get("window"));
  const windowS = WINDOWS.find(({ seconds }) => seconds === asked)?.seconds ?? DEFAULT_WINDOW_S;
  return [
    windowS,
    (seconds) => {
      setParameters({ window: String(seconds) }, { replace: true });
    },
  ];
}
