import { Box, Stack, ToggleButton, ToggleButtonGroup } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { ErrorState } from "@/components/error-state";
import { Freshness } from "@/components/freshness";
import { PageHeader } from "@/components/page-header";
import { LIVE_MS, platformQuery } from "@/features/overview/api/overview";
import { DecisionsPanel } from "@/features/overview/components/decisions-panel";
import { DegradedBanner } from "@/features/overview/components/degraded-banner";
import { FigureTiles } from "@/features/overview/components/figure-tiles";
import { TrafficPanels } from "@/features/overview/components/traffic-panels";
import { WorkloadPanels } from "@/features/overview/components/workload-panels";

const WINDOWS = [
  { seconds: 300, label: "5 min" },
  { seconds: 900, label: "15 min" },
  { seconds: 3_600, label: "1 h" },
  { seconds: 21_600, label: "6 h" },
] as const;
const DEFAULT_WINDOW_S = 900;

/** The whole platform on one page that keeps itself up to date. */
export function OverviewPage() {
  const [parameters, setParameters] = useSearchParams();
  const asked = Number(parameters.get("window"));
  const windowS = WINDOWS.find(({ seconds }) => seconds === asked)?.seconds ?? DEFAULT_WINDOW_S;
  const platform = useQuery(platformQuery(windowS));
  return (
    <>
      <PageHeader
        title="Overview"
        actions={
          <>
            <Freshness updatedAt={platform.dataUpdatedAt} error={platform.error} every={LIVE_MS} />
            <ToggleButtonGroup
              exclusive
              size="small"
              aria-label="Time shown"
              value={windowS}
              onChange={(_event, seconds: number | null) => {
                if (seconds !== null) setParameters({ window: String(seconds) }, { replace: true });
              }}
            >
              {WINDOWS.map(({ seconds, label }) => (
                <ToggleButton key={seconds} value={seconds} sx={{ px: 1.5, minHeight: 40, textTransform: "none" }}>
                  {label}
                </ToggleButton>
              ))}
            </ToggleButtonGroup>
          </>
        }
      />
      <Stack spacing={2}>
        {platform.isError && platform.data === undefined ? (
          <ErrorState title="The figures of the platform are missing" error={platform.error} onRetry={() => void platform.refetch()} />
        ) : (
          <>
            {platform.data !== undefined && platform.data.degraded.length > 0 && <DegradedBanner entries={platform.data.degraded} />}
            <FigureTiles overview={platform.data} />
          </>
        )}
        <Box
          sx={{
            display: "grid",
            gap: 2,
            gridTemplateColumns: { xs: "minmax(0, 1fr)", lg: "minmax(0, 2fr) minmax(320px, 1fr)" },
          }}
        >
          <Stack spacing={2} sx={{ minWidth: 0 }}>
            <WorkloadPanels windowS={windowS} />
          </Stack>
          {/* As tall as the workloads beside it; its list scrolls. */}
          <Box sx={{ minWidth: 0, height: { lg: 0 }, minHeight: { lg: "100%" }, display: "grid", gridTemplateRows: { lg: "minmax(0, 1fr)" } }}>
            <DecisionsPanel />
          </Box>
        </Box>
        <TrafficPanels overview={platform.data} windowS={windowS} />
      </Stack>
    </>
  );
}
