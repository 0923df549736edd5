import uPlot from "uplot";
import { CHART_COLORS, type Scheme, type SeriesColor } from "@/components/chart-colors";
import type { Points } from "@/lib/api/types";

export interface Line {
  readonly label: string;
  readonly color: SeriesColor;
  readonly points: Points;
  readonly isDashed?: boolean;
  /** Holds its value until the next sample, as counts do. */
  readonly isStepped?: boolean;
  readonly isFilled?: boolean;
  /** Index of the line down to which the area between the two is shaded. */
  readonly bandTo?: number;
}

export interface ChartOptions {
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  readonly height: number;
  readonly width: number;
  readonly scheme: Scheme;
  /** The top of the scale is never below this. */
  readonly atLeast: number;
  /** Whole numbers only on the scale, as for replicas. */
  readonly isWhole: boolean;
  /** Unix seconds; the time axis has these ends whatever was measured. */
  readonly range: () => [number, number];
  /** Unix seconds of the line between what was and what is forecast; undefined draws none. */
  readonly now: () => number | undefined;
  /** Charts with the same key share their cursor. */
  readonly syncKey: string | undefined;
  readonly onCursor: (index: number | null) => void;
}

const FONT = '11.5px "Inter Variable", system-ui, sans-serif';
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000];
const DASH = [5, 4];
const AXIS_WIDTH = 58;
const RIGHT_PADDING = 14;

export function uplotOptions(options: ChartOptions): uPlot.Options {
  const colors = CHART_COLORS[options.scheme];
  const axis = {
    stroke: colors.axis,
    font: FONT,
    grid: { stroke: colors.grid, width: 1 },
    ticks: { show: false },
  } satisfies uPlot.Axis;
  return {
    width: options.width,
    height: options.height,
    padding: [8, RIGHT_PADDING, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: false, y: false, setScale: false },
      points: { size: 7 },
      y: false,
      ...(options.syncKey === undefined ? {} : { sync: { key: options.syncKey, setSeries: false } }),
    },
    scales: {
      x: { time: true, range: options.range },
      y: { range: (_plot, _min, max) => [0, niceTop(Math.max(max, options.atLeast))] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: clockTicks, space: 76, size: 28, gap: 6 },
      {
        ...axis,
        size: AXIS_WIDTH,
        gap: 8,
        space: options.isWhole ? 24 : 34,
        values: (_plot, splits) => splits.map((value) => options.format(value)),
        ...(options.isWhole ? { incrs: WHOLE_STEPS } : {}),
      },
    ],
    series: [{}, ...options.lines.map((line) => series(line, options.scheme))],
    bands: options.lines.flatMap((line, index) =>
      line.bandTo === undefined ? [] : [{ series: [index + 1, line.bandTo + 1], fill: colors.band } satisfies uPlot.Band],
    ),
    hooks: {
      draw: [
        (plot) => {
          drawNow(plot, options.now(), colors.axis);
        },
      ],
      setCursor: [
        (plot) => {
          options.onCursor(plot.cursor.idx ?? null);
        },
      ],
    },
  };
}

function series(line: Line, scheme: Scheme): uPlot.Series {
  const stroke = CHART_COLORS[scheme].series[line.color];
  const stepped = line.isStepped === true ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    label: line.label,
    stroke,
    width: line.isDashed === true ? 1.5 : 1.75,
    points: { show: false },
    spanGaps: false,
    ...(line.isDashed === true ? { dash: DASH } : {}),
    ...(line.isFilled === true ? { fill: `${stroke}1f` } : {}),
    ...(stepped === undefined ? {} : { paths: stepped }),
  };
}

function drawNow(plot: uPlot, now: number | undefined, color: string): void {
  if (now === undefined) return;
  const x = Math.round(plot.valToPos(now, "x", true)) + 0.5;
  const { left, top, width, height } = plot.bbox;
  if (x < left || x > left + width) return;
  plot.ctx.save();
  plot.ctx.strokeStyle = color;
  plot.ctx.globalAlpha = 0.6;
  plot.ctx.setLineDash([2, 3]);
  plot.ctx.beginPath();
  plot.ctx.moveTo(x, top);
  plot.ctx.lineTo(x, top + height);
  plot.ctx.stroke();
  plot.ctx.restore();
}

function niceTop(value: number): number {
  if (value <= 0 || !Number.isFinite(value)) return 1;
  return value * 1.08;
}

function clockTicks(_plot: uPlot, splits: number[], _axis: number, _space: number, step: number): string[] {
  const seconds = step < 60 ? ({ second: "2-digit" } as const) : {};
  const format = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...seconds });
  return splits.map((at) => format.format(at * 1000));
}
