import { expect, test } from "vitest";
import { profileIn } from "@/features/tasks/results/profile";
import { trainingIn } from "@/features/tasks/results/training";

test("a profile is read with its histogram, its figures and its strongest correlations", () => {
  const profile = profileIn({
    dataset: { id: "d", name: "visitors.csv" },
    rows: 24,
    size_bytes: 1_200,
    columns: [
      {
        name: "visitors",
        type: "integer",
        missing: 2,
        missing_ratio: 0.083,
        distinct: 12,
        distinct_is_exact: false,
        numbers: { minimum: 1, maximum: 9, mean: 4, quantiles: { "0.5": 4 }, histogram: { edges: [1, 5, 9], counts: [10, 12] } },
      },
      { name: "weather", type: "text", text: { shortest: 4, longest: 5, top: [{ value: "rain", count: 9 }] } },
    ],
    correlations: { columns: ["a", "b", "c"], matrix: [[1, 0.2, null], [0.2, 1, -0.9], [null, -0.9, 1]] },
  });
  expect(profile?.columns[0]?.histogram).toEqual({ edges: ["1", "5", "9"], counts: [10, 12] });
  expect(profile?.columns[0]?.distinct).toBe("≈ 12");
  expect(profile?.columns[0]?.facts).toContainEqual(["median", "4"]);
  expect(profile?.columns[1]?.top).toEqual([{ value: "rain", count: 9 }]);
  expect(profile?.correlations).toEqual([
    { one: "c", other: "b", value: -0.9 },
    { one: "b", other: "a", value: 0.2 },
  ]);
});

test("scores stand beside those of the naive baseline", () => {
  const training = trainingIn({
    kind: "regression",
    target: "visitors",
    scores: { r2: { mean: 0.94, standard_deviation: 0.01 } },
    baseline: { r2: { mean: -0.001, standard_deviation: 0 } },
    features: { dropped: { id: "every value is different" } },
  });
  expect(training?.scores).toEqual([{ name: "r2", mean: 0.94, deviation: 0.01, baseline: -0.001 }]);
  expect(training?.dropped).toEqual([["id", "every value is different"]]);
});

test("a result of another shape is left to the plain view", () => {
  expect(profileIn({ seconds: 2 })).toBeUndefined();
  expect(trainingIn({ seconds: 2 })).toBeUndefined();
});
