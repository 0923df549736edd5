import "uplot/dist/uPlot.min.css";
import { Box, Typography } from "@mui/material";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { ChartLegend } from "@/components/chart-legend";
import { type Line, uplotOptions } from "@/components/chart-options";
import { useScheme } from "@/hooks/use-scheme";
import { formatClock, isNumber } from "@/lib/format";
import { aligned, lastValue, type Table } from "@/lib/series";

interface TimeChartProps {
  /** What the chart shows, with its unit; read out together with the newest values. */
  readonly title: string;
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  readonly windowS: number;
  /** Unix seconds of the right end, later than now where a forecast is shown. */
  readonly until: number;
  /** Unix seconds, where the axis goes beyond it: marked, and what the legend shows at rest. */
  readonly now?: number;
  readonly height?: number;
  readonly atLeast?: number;
  readonly isWhole?: boolean;
  readonly syncKey?: string;
}

/** Live lines over time; the legend shows the newest values, or those under the cursor. */
export function TimeChart(props: TimeChartProps) {
  const { title, lines, format, windowS, until, height = 180, atLeast = 0, isWhole = false, syncKey, now } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const range = useRef<[number, number]>([until - windowS, until]);
  const marked = useRef(now);
  const [cursor, setCursor] = useState<number | null>(null);
  const scheme = useScheme();
  const captionId = useId();
  const table = useMemo(() => aligned(lines.map((line) => line.points)), [lines]);
  const latest = useRef<{ lines: readonly Line[]; table: Table; format: (value: number) => string }>({ lines, table, format });
  // What a drawing is built from, apart from its data: a change builds it anew.
  const shape = lines.map((line) => `${line.label}/${line.color}/${String(line.isDashed)}/${String(line.bandTo)}`).join("|");

  useEffect(() => {
    latest.current = { lines, table, format };
    range.current = [until - windowS, until];
    marked.current = now;
    plot.current?.setData(table);
  }, [lines, table, format, until, windowS, now]);

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const drawn = new uPlot(
      uplotOptions({
          lines: latest.current.lines,
          format: (value) => latest.current.format(value),
          height,
          width: Math.max(element.clientWidth, 80),
          scheme,
          atLeast,
          isWhole,
          range: () => range.current,
          now: () => marked.current,
          syncKey,
          onCursor: setCursor,
        }),
      latest.current.table,
      element,
    );
    plot.current = drawn;
    const resized = new ResizeObserver(() => {
      if (element.clientWidth > 0) drawn.setSize({ width: element.clientWidth, height });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [shape, scheme, height, atLeast, isWhole, syncKey]);

  const [times] = table;
  const at = cursor === null ? undefined : times[cursor];
  const entries = lines.map((line, index) => {
    const value = at === undefined ? lastValue(line.points, now) : valueAt(table, index + 1, cursor ?? 0);
    return { line, value: isNumber(value) ? format(value) : "–" };
  });
  const isEmpty = times.length === 0;
  return (
    <Box component="figure" aria-labelledby={captionId} sx={{ m: 0 }}>
      <Typography id={captionId} component="figcaption" variant="overline" sx={{ color: "text.secondary", display: "block" }}>
        {title}
      </Typography>
      <ChartLegend entries={entries} scheme={scheme} at={at === undefined ? undefined : formatClock(at * 1000)} />
      <Box sx={{ position: "relative", ml: -1 }}>
        <Box ref={host} aria-hidden sx={{ height, "& .u-over": { cursor: "crosshair" } }} />
        {isEmpty && (
          <Typography
            variant="body2"
            sx={{ position: "absolute", inset: 0, display: "grid", placeItems: "center", color: "text.secondary", pl: 6 }}
          >
            Nothing measured yet
          </Typography>
        )}
      </Box>
    </Box>
  );
}

/** The sample at a time, or the one before where this line has none then. */
function valueAt(table: Table, column: number, row: number): number | null | undefined {
  const cells = table[column];
  if (cells === undefined) return undefined;
  for (let index = row; index >= 0; index -= 1) {
    const cell = cells[index];
    if (cell !== undefined) return cell;
  }
  return undefined;
}
