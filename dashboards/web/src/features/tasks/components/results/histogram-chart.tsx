import { Box, Typography } from "@mui/material";
import type { Histogram } from "@/features/tasks/results/profile";
import { formatCount } from "@/lib/format";

const WIDTH = 320;

interface HistogramChartProps {
  readonly histogram: Histogram;
  readonly height: number;
  /** With ends, counts and a title for each bar; without, a small picture beside a name. */
  readonly isDetailed?: boolean;
  readonly label: string;
}

export function HistogramChart({ histogram, height, isDetailed = false, label }: HistogramChartProps) {
  const { counts, edges } = histogram;
  const top = Math.max(...counts, 1);
  const step = WIDTH / counts.length;
  return (
    <Box sx={{ minWidth: 0 }}>
      {isDetailed && (
        <Typography variant="caption" component="p" sx={{ color: "text.secondary" }}>
          rows per bin, at most {formatCount(top)}
        </Typography>
      )}
      <Box
        component="svg"
        viewBox={`0 0 ${String(WIDTH)} ${String(height)}`}
        preserveAspectRatio="none"
        role={isDetailed ? "img" : undefined}
        aria-hidden={isDetailed ? undefined : true}
        aria-label={isDetailed ? label : undefined}
        sx={{ width: "100%", height, display: "block", color: "primary.main", borderBottom: 1, borderColor: "divider" }}
      >
        {counts.map((count, index) => {
          const size = (count / top) * (height - 2);
          return (
            <rect
              key={edges[index] === undefined ? index : `${edges[index]} ${String(index)}`}
              x={index * step + step * 0.06}
              width={step * 0.88}
              y={height - size}
              height={size}
              fill="currentColor"
              opacity={0.85}
            >
              {isDetailed && (
                <title>
                  {edges[index]} to {edges[index + 1]}: {formatCount(count)}
                </title>
              )}
            </rect>
          );
        })}
      </Box>
      {isDetailed && (
        <Box sx={{ display: "flex", justifyContent: "space-between", gap: 2, fontSize: "0.75rem", color: "text.secondary", pt: 0.5 }}>
          <span>{edges[0]}</span>
          <span>{edges.at(-1)}</span>
        </Box>
      )}
    </Box>
  );
}
