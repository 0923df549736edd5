import { Box, ButtonBase, Collapse, Typography } from "@mui/material";
import { useId, useState } from "react";
import { Bars } from "@/features/tasks/components/results/bars";
import { Facts } from "@/components/facts";
import { HistogramChart } from "@/features/tasks/components/results/histogram-chart";
import type { ColumnProfile } from "@/features/tasks/results/profile";
import { formatCount, formatRatio } from "@/lib/format";

const GRID = { xs: "minmax(0, 1fr) 96px", sm: "minmax(0, 1.4fr) 100px 110px 100px minmax(120px, 1fr)" };
const PHONE_HIDDEN = { display: { xs: "none", sm: "block" } };

/** The columns of a dataset; each opens to its figures. */
export function ColumnList({ columns }: { readonly columns: readonly ColumnProfile[] }) {
  return (
    <>
      <Box
        aria-hidden
        sx={{ display: { xs: "none", sm: "grid" }, gridTemplateColumns: GRID, gap: 2, px: { xs: 1.75, sm: 2.25 }, py: 1, fontSize: "0.75rem", fontWeight: 600, color: "text.secondary" }}
      >
        <span>Column</span>
        <span>Type</span>
        <span>Missing</span>
        <span>Distinct</span>
        <span>Distribution</span>
      </Box>
      <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
        {columns.map((column) => (
          <ColumnItem key={column.name} column={column} />
        ))}
      </Box>
    </>
  );
}

function ColumnItem({ column }: { readonly column: ColumnProfile }) {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const missing = column.missing === 0 ? "none" : `${formatCount(column.missing)} (${formatRatio(column.missingRatio)})`;
  return (
    <Box component="li" sx={{ borderTop: 1, borderColor: "divider" }}>
      <ButtonBase
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => {
          setIsOpen(!isOpen);
        }}
        sx={{
          display: "grid",
          gridTemplateColumns: GRID,
          columnGap: 2,
          width: "100%",
          minHeight: 48,
          px: { xs: 1.75, sm: 2.25 },
          py: 0.75,
          textAlign: "left",
          font: "inherit",
          fontSize: "0.875rem",
          "&:hover": { bgcolor: "action.hover" },
          "&:focus-visible": { outline: 2, outlineOffset: -2, outlineColor: "primary.main" },
        }}
      >
        <Box sx={{ minWidth: 0 }}>
          <Typography component="span" noWrap sx={{ fontWeight: 600, fontSize: "0.875rem", display: "block" }}>
            {column.name}
          </Typography>
          <Typography component="span" variant="caption" sx={{ color: "text.secondary", display: { xs: "block", sm: "none" } }}>
            {column.type} · missing {missing} · {column.distinct} distinct
          </Typography>
        </Box>
        <Box sx={{ ...PHONE_HIDDEN, color: "text.secondary" }}>{column.type}</Box>
        <Box sx={{ ...PHONE_HIDDEN, fontVariantNumeric: "tabular-nums" }}>{missing}</Box>
        <Box sx={{ ...PHONE_HIDDEN, fontVariantNumeric: "tabular-nums" }}>{column.distinct}</Box>
        {column.histogram === undefined ? <span /> : <HistogramChart histogram={column.histogram} height={28} label={column.name} />}
      </ButtonBase>
      <Collapse in={isOpen} id={id} unmountOnExit>
        <Box sx={{ px: { xs: 1.75, sm: 2.25 }, pb: 2.5, pt: 1, display: "grid", gap: 3, gridTemplateColumns: { xs: "minmax(0, 1fr)", md: "minmax(0, 1fr) minmax(0, 1fr)" } }}>
          <Facts entries={column.facts} />
          {column.histogram !== undefined && (
            <HistogramChart histogram={column.histogram} height={130} isDetailed label={`Histogram of ${column.name}`} />
          )}
          {column.top.length > 0 && (
            <Bars
              label={`Most frequent values of ${column.name}`}
              entries={column.top.slice(0, 8).map(({ value, count }) => ({ name: value, value: count, shown: formatCount(count) }))}
            />
          )}
        </Box>
      </Collapse>
    </Box>
  );
}
