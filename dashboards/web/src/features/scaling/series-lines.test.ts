import { expect, test } from "vitest";
import { axisEnd, loadLines, replicaLines } from "@/features/scaling/series-lines";
import { aForecastPath, aSeries } from "@/testing/examples";

const NOW = 100;
const ahead = aForecastPath({
  quantile: 0.95,
  path: [
    { at: 90, ahead_s: 30, lower: 2, median: 3, upper: 4 },
    { at: 120, ahead_s: 60, lower: 5, median: 6, upper: 7 },
    { at: 150, ahead_s: 90, lower: 8, median: 9, upper: 10 },
  ],
});

test("up to now stands what was forecast for each time, and after it the newest path", () => {
  const series = aSeries({ forecast: [[60, 1], [90, 2], [120, 99]], upper: [[60, 1.5], [90, 2.5]] });
  const [upper, forecast] = loadLines(series, ahead, NOW);
  expect(forecast?.points).toEqual([[60, 1], [90, 2], [120, 6], [150, 9]]);
  expect(upper?.points).toEqual([[60, 1.5], [90, 2.5], [120, 7], [150, 10]]);
  expect(upper?.label).toBe("95 % quantile");
});

test("without a path all that was forecast is shown", () => {
  const series = aSeries({ forecast: [[90, 2], [120, 5]] });
  expect(loadLines(series, undefined, NOW)[1]?.points).toEqual([[90, 2], [120, 5]]);
});

test("the axis reaches to the end of the path, and to now without one", () => {
  expect(axisEnd(ahead, NOW)).toBe(150);
  expect(axisEnd(aForecastPath({ path: [] }), NOW)).toBe(100);
});

test("the replicas stand beside what the reactive path alone would be at", () => {
  const lines = replicaLines(aSeries({ replicas: [[90, 3]], desired: [[90, 4]], reactive: [[90, 2]] }));
  expect(lines.map(({ label, points }) => [label, points])).toEqual([
    ["ready", [[90, 3]]],
    ["desired", [[90, 4]]],
    ["reactive alone", [[90, 2]]],
  ]);
});
