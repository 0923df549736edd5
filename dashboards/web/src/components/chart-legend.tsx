import { Box } from "@mui/material";
import { CHART_COLORS, type Scheme } from "@/components/chart-colors";
import type { Line } from "@/components/chart-options";

interface ChartLegendProps {
  readonly entries: readonly { line: Line; value: string }[];
  readonly scheme: Scheme;
  /** The time that the values belong to, where it is not the newest. */
  readonly at: string | undefined;
}

export function ChartLegend({ entries, scheme, at }: ChartLegendProps) {
  return (
    <Box
      component="ul"
      sx={{ listStyle: "none", m: 0, p: 0, pt: 0.25, display: "flex", flexWrap: "wrap", columnGap: 2, rowGap: 0.25, minHeight: 22 }}
    >
      {entries.map(({ line, value }) => (
        <Box component="li" key={line.label} sx={{ display: "inline-flex", alignItems: "center", gap: 0.75, fontSize: "0.8125rem" }}>
          <Box
            component="span"
            aria-hidden
            sx={{
              width: 14,
              borderTop: `2.5px ${line.isDashed === true ? "dashed" : "solid"} ${CHART_COLORS[scheme].series[line.color]}`,
            }}
          />
          <Box component="span" sx={{ color: "text.secondary" }}>
            {line.label}
          </Box>
          <Box component="span" sx={{ fontWeight: 600, fontVariantNumeric: "tabular-nums" }}>
            {value}
          </Box>
        </Box>
      ))}
      {at !== undefined && (
        <Box component="li" sx={{ ml: "auto", fontSize: "0.8125rem", color: "text.secondary", fontVariantNumeric: "tabular-nums" }}>
          {at}
        </Box>
      )}
    </Box>
  );
}
