import { Box, Paper, Skeleton, Typography } from "@mui/material";
import type { SeriesColor } from "@/components/chart-colors";
import { Sparkline } from "@/components/sparkline";
import type { Overview, Points } from "@/lib/api/types";
import { formatCount, formatNumber, formatRatio, formatSeconds } from "@/lib/format";
import { lastValue } from "@/lib/series";

type Key = Exclude<keyof Overview, "degraded">;

interface Figure {
  readonly key: Key;
  readonly label: string;
  readonly unit?: string;
  readonly color: SeriesColor;
  readonly format: (value: number | undefined) => string;
  readonly isAlarming?: (value: number) => boolean;
}

/** Above this share of failed requests the figure is shown as an alarm. */
const ALARMING_ERROR_RATIO = 0.01;

const FIGURES: readonly Figure[] = [
  { key: "requests_rps", label: "Requests", unit: "/ s", color: "actual", format: formatNumber },
  {
    key: "errors_ratio",
    label: "Errors",
    color: "alarm",
    format: formatRatio,
    isAlarming: (value) => value > ALARMING_ERROR_RATIO,
  },
  { key: "latency_p95_s", label: "Latency, p95", color: "calm", format: formatSeconds },
  { key: "queue_depth", label: "Queue", unit: "tasks", color: "forecast", format: formatCount },
  { key: "workers_ready", label: "Workers ready", color: "replicas", format: formatCount, isAlarming: (value) => value < 1 },
  { key: "api_ready", label: "API replicas ready", color: "replicas", format: formatCount, isAlarming: (value) => value < 1 },
];

export function FigureTiles({ overview }: { readonly overview: Overview | undefined }) {
  return (
    <Box
      component="section"
      aria-label="Figures"
      sx={{
        display: "grid",
        gap: { xs: 1.25, sm: 2 },
        gridTemplateColumns: { xs: "repeat(2, minmax(0, 1fr))", sm: "repeat(3, minmax(0, 1fr))", lg: "repeat(6, minmax(0, 1fr))" },
      }}
    >
      {FIGURES.map((figure) => (
        <FigureTile key={figure.key} figure={figure} points={overview?.[figure.key]} />
      ))}
    </Box>
  );
}

function FigureTile({ figure, points }: { readonly figure: Figure; readonly points: Points | undefined }) {
  const value = lastValue(points);
  const isAlarming = value !== undefined && figure.isAlarming?.(value) === true;
  return (
    <Paper variant="outlined" sx={{ pt: 1.5, overflow: "hidden", minWidth: 0 }}>
      <Box sx={{ px: 1.75 }}>
        <Typography variant="overline" component="p" noWrap sx={{ color: "text.secondary" }}>
          {figure.label}
        </Typography>
        <Typography
          component="p"
          sx={{
            fontSize: "1.5rem",
            lineHeight: 1.3,
            fontWeight: 650,
            letterSpacing: "-0.02em",
            fontVariantNumeric: "tabular-nums",
            whiteSpace: "nowrap",
            color: isAlarming ? "error.main" : "text.primary",
          }}
        >
          {points === undefined ? <Skeleton width={72} /> : figure.format(value)}
          {figure.unit !== undefined && value !== undefined && (
            <Box component="span" sx={{ fontSize: "0.8125rem", fontWeight: 500, color: "text.secondary", ml: 0.5, letterSpacing: 0 }}>
              {figure.unit}
            </Box>
          )}
        </Typography>
      </Box>
      <Box sx={{ mt: 0.5 }}>
        <Sparkline points={points ?? []} color={figure.color} />
      </Box>
    </Paper>
  );
}
