import { Box } from "@mui/material";
import { CHART_COLORS, type SeriesColor } from "@/components/chart-colors";
import { useScheme } from "@/hooks/use-scheme";
import type { Points } from "@/lib/api/types";
import { isNumber } from "@/lib/format";

const WIDTH = 120;
const HEIGHT = 32;

/** The course of a figure beside it; decoration, since a chart with units stands below. */
export function Sparkline({ points, color }: { readonly points: Points; readonly color: SeriesColor }) {
  const stroke = CHART_COLORS[useScheme()].series[color];
  const path = sparkPath(points);
  return (
    <Box component="svg" viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} preserveAspectRatio="none" aria-hidden sx={{ width: "100%", height: HEIGHT, display: "block" }}>
      {path !== "" && (
        <>
          <path d={`${path}L${String(WIDTH)},${String(HEIGHT)}L0,${String(HEIGHT)}Z`} fill={stroke} opacity={0.1} />
          <path d={path} fill="none" stroke={stroke} strokeWidth={1.75} strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
        </>
      )}
    </Box>
  );
}

export function sparkPath(points: Points): string {
  const known = points.filter((point): point is [number, number] => isNumber(point[1]));
  const first = known[0];
  const last = known.at(-1);
  if (first === undefined || last === undefined || last[0] === first[0]) return "";
  const span = last[0] - first[0];
  const top = Math.max(...known.map(([, value]) => value), Number.MIN_VALUE);
  return known
    .map(([at, value], index) => {
      const x = ((at - first[0]) / span) * WIDTH;
      const y = HEIGHT - 2 - (Math.max(value, 0) / top) * (HEIGHT - 5);
      return `${index === 0 ? "M" : "L"}${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join("");
}
