import { Box } from "@mui/material";

interface BarsProps {
  readonly label: string;
  readonly entries: readonly { readonly name: string; readonly value: number; readonly shown: string }[];
  /** The value of a full bar; the largest one without it. */
  readonly full?: number;
}

/** Horizontal bars from the left edge; the sign is told by the colour and by the figure. */
export function Bars({ label, entries, full }: BarsProps) {
  const top = full ?? Math.max(...entries.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  return (
    <Box component="ul" aria-label={label} sx={{ listStyle: "none", m: 0, p: 0, display: "grid", gap: 0.75 }}>
      {entries.map(({ name, value, shown }) => (
        <Box
          component="li"
          key={name}
          sx={{ display: "grid", gridTemplateColumns: { xs: "minmax(0, 1fr) 72px", sm: "minmax(0, 1fr) minmax(0, 2fr) 72px" }, alignItems: "center", columnGap: 1.5 }}
        >
          <Box component="span" title={name} sx={{ fontSize: "0.8125rem", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
            {name}
          </Box>
          <Box
            component="span"
            aria-hidden
            sx={{ height: 10, borderRadius: 1, bgcolor: "action.hover", gridRow: { xs: 2, sm: "auto" }, gridColumn: { xs: "1 / -1", sm: "auto" } }}
          >
            <Box
              component="span"
              sx={{
                display: "block",
                height: "100%",
                borderRadius: 1,
                width: `${String((Math.abs(value) / top) * 100)}%`,
                bgcolor: value < 0 ? "error.main" : "primary.main",
                opacity: 0.85,
              }}
            />
          </Box>
          <Box component="span" sx={{ fontSize: "0.8125rem", textAlign: "right", fontVariantNumeric: "tabular-nums", fontWeight: 600 }}>
            {shown}
          </Box>
        </Box>
      ))}
    </Box>
  );
}
