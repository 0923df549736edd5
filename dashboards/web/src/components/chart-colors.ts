/** One meaning, one colour, on every chart: canvas needs plain values, so both schemes are written out. */

export type Scheme = "light" | "dark";

export type SeriesColor = "actual" | "forecast" | "upper" | "replicas" | "calm" | "alarm";

interface ChartColors {
  readonly series: Record<SeriesColor, string>;
  readonly band: string;
  readonly grid: string;
  readonly axis: string;
}

export const CHART_COLORS: Record<Scheme, ChartColors> = {
  light: {
    series: {
      actual: "#2456d6",
      forecast: "#c2540a",
      upper: "#e5a56b",
      replicas: "#0d8a72",
      calm: "#7b5cd6",
      alarm: "#c02626",
    },
    band: "rgba(226, 132, 52, 0.16)",
    grid: "#e9ecf2",
    axis: "#5b6579",
  },
  dark: {
    series: {
      actual: "#86a8ff",
      forecast: "#ffa45c",
      upper: "#a9713f",
      replicas: "#45cfb2",
      calm: "#b9a2ff",
      alarm: "#ff8a86",
    },
    band: "rgba(255, 164, 92, 0.14)",
    grid: "#222b3d",
    axis: "#9ea9bd",
  },
};
