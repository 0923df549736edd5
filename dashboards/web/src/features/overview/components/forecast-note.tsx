import { Box, Typography } from "@mui/material";
import { useNow } from "@/hooks/use-now";
import type { Workload } from "@/lib/api/types";
import { formatAgo, formatNumber } from "@/lib/format";

/** The forecast in one sentence, or why there is none. */
export function ForecastNote({ workload }: { readonly workload: Workload }) {
  const { forecast } = workload;
  const now = useNow();
  const isReady = forecast.status === "ready";
  return (
    <Box
      sx={{
        mt: 1.5,
        px: 1.5,
        py: 1,
        borderRadius: 1.5,
        bgcolor: "action.hover",
        borderLeft: 3,
        borderColor: isReady ? "success.main" : "warning.main",
      }}
    >
      <Typography variant="body2" sx={{ overflowWrap: "anywhere" }}>
        {isReady ? readySentence(workload, now) : `No forecast: ${forecast.reason ?? "the autoscaler gives no reason"}`}
      </Typography>
    </Box>
  );
}

function readySentence({ forecast, load_unit: unit }: Workload, now: number): string {
  const value = `${formatNumber(forecast.value)} ${unit}`;
  const atMs = timeMs(forecast.at);
  const when = atMs === undefined ? "" : ` ${formatAgo(atMs, now)}`;
  const quantile = typeof forecast.quantile === "number" ? `${formatNumber(forecast.quantile * 100)} % quantile` : "upper quantile";
  const upper = typeof forecast.upper === "number" ? `, ${quantile} ${formatNumber(forecast.upper)} ${unit}` : `, ${quantile}`;
  const reason = forecast.reason === null || forecast.reason === undefined || forecast.reason === "" ? "" : ` (${forecast.reason})`;
  return `Forecast: ${value}${when}${upper}${reason}`;
}

function timeMs(at: string | number | null | undefined): number | undefined {
  if (typeof at === "number") return at * 1000;
  if (typeof at !== "string") return undefined;
  const parsed = Date.parse(at);
  return Number.isNaN(parsed) ? undefined : parsed;
}
