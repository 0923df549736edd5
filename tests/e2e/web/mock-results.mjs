// Results as the worker's task types give them.
export function mockProfile() {
  const bell = (middle, width) => Array.from({ length: 20 }, (_, index) => Math.round(1_800 * Math.exp(-(((index - middle) / width) ** 2))));
  const numbers = (minimum, maximum, counts) => {
    const at = (share) => minimum + share * (maximum - minimum);
    return {
      minimum, maximum, mean: at(0.46), standard_deviation: (maximum - minimum) / 5, zeros: 12, negative: 0, infinite: 0,
      quantiles: { "0.01": at(0.02), "0.05": at(0.08), "0.25": at(0.3), "0.5": at(0.45), "0.75": at(0.62), "0.95": at(0.87), "0.99": at(0.96) },
      histogram: { edges: counts.map((_, index) => at(index / counts.length)).concat(maximum), counts },
    };
  };
  const column = (name, type, facts, missing = 0) => ({ name, type, missing, missing_ratio: missing / 17_544, distinct: 913, distinct_is_exact: type !== "number", ...facts });
  const names = ["temp", "humidity", "wind_speed", "users"];
  return {
    dataset: { id: "d", name: "bike_sharing_hourly.csv" },
    rows: 17_544,
    size_bytes: 1_490_560,
    quantile_rank_error: 0.01,
    columns: [
      column("date_time", "timestamp", {
        timestamps: {
          minimum: "2011-01-01T00:00:00+00:00", maximum: "2012-12-31T23:00:00+00:00", quantiles: { "0.5": "2012-01-01T12:00:00+00:00" },
          histogram: { edges: Array.from({ length: 21 }, (_, index) => new Date(Date.UTC(2011, 0, 1 + index * 36)).toISOString()), counts: Array.from({ length: 20 }, () => 877) },
        },
      }),
      column("weather", "text", {
        text: { shortest: 4, longest: 10, mean_length: 5.4, top: [{ value: "clear", count: 11_413 }, { value: "misty", count: 4_544 }, { value: "rain", count: 1_419 }, { value: "heavy_rain", count: 3 }], top_is_exact: true },
      }),
      column("temp", "number", { numbers: numbers(0.82, 41, bell(9.5, 5)) }),
      column("humidity", "number", { numbers: numbers(0, 100, bell(13, 5)) }, 212),
      column("wind_speed", "number", { numbers: numbers(0, 56.9969, bell(3, 4)) }),
      column("users", "integer", { numbers: numbers(0, 977, bell(0, 6)) }),
    ],
    correlations: { columns: names, matrix: [[1, -0.07, -0.02, 0.4], [-0.07, 1, -0.29, -0.32], [-0.02, -0.29, 1, 0.09], [0.4, -0.32, 0.09, 1]], left_out: 0, limit: 60 },
  };
}

export function mockTraining(target) {
  return {
    dataset: { id: "d", name: "bike_sharing_hourly.csv" },
    target,
    kind: "regression",
    rows: { in_dataset: 17_544, used: 17_544, is_sample: false, without_target: 0, in_classes_too_small: 0 },
    folds: 5,
    scores: {
      r2: { mean: 0.9421, standard_deviation: 0.0031 },
      mean_absolute_error: { mean: 26.31, standard_deviation: 0.52 },
      root_mean_squared_error: { mean: 43.6, standard_deviation: 1.1 },
    },
    baseline: {
      r2: { mean: -0.0004, standard_deviation: 0.0004 },
      mean_absolute_error: { mean: 142.4, standard_deviation: 1.4 },
      root_mean_squared_error: { mean: 181.4, standard_deviation: 1.9 },
    },
    classes: null,
    features: { numeric: ["temp", "humidity", "wind_speed"], categorical: ["weather"], dates: [], dropped: { atemp: "the same as temp" } },
    importances: [
      { feature: "date_time (hour)", importance: 0.91 },
      { feature: "date_time (day)", importance: 0.22 },
      { feature: "temp", importance: 0.17 },
      { feature: "humidity", importance: 0.06 },
      { feature: "weather", importance: 0.03 },
      { feature: "wind_speed", importance: 0.004 },
    ],
    model: { file: "model.skops", size_bytes: 482_113, format: "skops" },
  };
}
