import type {
  Control,
  Dataset,
  Decision,
  Explanation,
  FloorCost,
  ForecastModel,
  ForecastPath,
  Overview,
  Task,
  TaskType,
  User,
  Workload,
  WorkloadSeries,
} from "@/lib/api/types";

export function aUser(facts: Partial<User> = {}): User {
  return {
    id: "u1",
    email: "ada@example.com",
    name: "Ada",
    role: "operator",
    is_disabled: false,
    created_at: "2026-01-01T00:00:00Z",
    ...facts,
  };
}

export function aTask(facts: Partial<Task> = {}): Task {
  return {
    id: "0198c1f2-0000-7000-8000-000000000001",
    type: "load.synthetic",
    parameters: { seconds: 2 },
    state: "running",
    progress: 0.25,
    message: null,
    attempts: 1,
    result: null,
    error: null,
    created_at: "2026-01-01T00:00:00Z",
    started_at: "2026-01-01T00:00:01Z",
    finished_at: null,
    owner_id: "u1",
    ...facts,
  };
}

export function aDataset(facts: Partial<Dataset> = {}): Dataset {
  return {
    id: "d1",
    name: "visitors.csv",
    size_bytes: 1_200,
    rows: 24,
    columns: ["hour", "visitors"],
    created_at: "2026-01-01T00:00:00Z",
    owner_id: "u1",
    ...facts,
  };
}

export function aDecision(facts: Partial<Decision> = {}): Decision {
  return {
    at: "2026-01-01T00:00:00Z",
    workload: "worker",
    from_replicas: 2,
    to_replicas: 3,
    mode: "enforce",
    acted: true,
    reason: "2 to 3 replicas: the load of 7.5 slots needs 3.",
    details: { reactive: 3, floor: null, load: 7.5, forecast: null, quantile: null, schedule: [], clamps: [] },
    ...facts,
  };
}

export function aWorkload(facts: Partial<Workload> = {}): Workload {
  return {
    name: "worker",
    mode: "enforce",
    replicas: { desired: 3, ready: 2, minimum: 1, maximum: 6 },
    load: 7.5,
    load_unit: "slots",
    capacity: 2,
    forecast: { status: "none", reason: "12 of 60 minutes of history are there" },
    decision: aDecision(),
    conditions: [],
    ...facts,
  };
}

export function overview(facts: Partial<Overview> = {}): Overview {
  return {
    requests_rps: [[100, 12.5]],
    errors_ratio: [[100, 0.02]],
    latency_p50_s: [[100, 0.012]],
    latency_p95_s: [[100, 0.087]],
    queue_depth: [[100, 4]],
    workers_ready: [[100, 2]],
    api_ready: [[100, 2]],
    degraded: [],
    ...facts,
  };
}

export const taskTypes: TaskType[] = [
  {
    type: "load.synthetic",
    title: "Synthetic load",
    description: "Holds a slot.",
    parameters: {
      properties: {
        seconds: { type: "number", default: 1, minimum: 0, maximum: 3600, description: "How long." },
        mode: { enum: ["cpu", "wait"], default: "wait", type: "string" },
      },
    },
  },
  {
    type: "model.train",
    title: "Train a model",
    description: "Predicts a column.",
    parameters: {
      properties: {
        dataset_id: { type: "string", format: "uuid", "x-reference": "dataset" },
        target: { type: "string", description: "The column to predict." },
      },
      required: ["dataset_id", "target"],
    },
  },
];

export function aSeries(facts: Partial<WorkloadSeries> = {}): WorkloadSeries {
  return { actual: [[100, 2]], forecast: [[100, 2.5]], upper: [[100, 3]], replicas: [[100, 1]], lower: [], reactive: [], floor: [], desired: [], ...facts };
}

export function aForecastPath(facts: Partial<ForecastPath> = {}): ForecastPath {
  return {
    workload: "worker",
    load_unit: "slots",
    status: "ready",
    reason: "boosting: skill 0.41 against persistence",
    basis: "boosting",
    quantile: 0.95,
    path: [{ at: 400, ahead_s: 300, lower: 6, median: 8, upper: 11 }],
    history: { covered_s: 7_200, needed_s: 3_600 },
    ...facts,
  };
}

export function anExplanation(facts: Partial<Explanation> = {}): Explanation {
  return {
    workload: "worker",
    at: "2026-01-01T00:00:00Z",
    sentence: "From 2 to 3 replicas: the load of 7.5 slots needs 3.",
    inputs: [
      { name: "load", value: 7.5, unit: "slots" },
      { name: "alone", value: 2, unit: "replicas" },
    ],
    interval: { peak: 11.2, lower: 6, median: 8, upper: 11, quantile: 0.95, horizon_s: 300 },
    absence: null,
    clamps: [{ name: "maximum", from: 9, to: 8, why: "maximum 8 instead of 9" }],
    decision: aDecision(),
    ...facts,
  };
}

export function aControl(facts: Partial<Control> = {}): Control {
  return {
    mode: "enforce",
    configured: "enforce",
    changed_at: "2026-01-01T00:00:00Z",
    changed_by: "settings",
    reason: "as configured",
    freeze: null,
    kept: true,
    ...facts,
  };
}

export function aCost(facts: Partial<FloorCost> = {}): FloorCost {
  return {
    workload: "worker",
    window_s: 86_400,
    mode: "enforce",
    known_s: 7_200,
    replica_hours: 8,
    reactive_replica_hours: 6,
    extra_replica_hours: 2,
    short_s: 30,
    reactive_short_s: 600,
    avoided_short_s: 570,
    sentence: "In 2 h the floor asked for 2 replica-hours above the reactive count.",
    ...facts,
  };
}

export function aModel(facts: Partial<ForecastModel> = {}): ForecastModel {
  return {
    version: "20260101T000000Z-2",
    created_at: "2026-01-01T00:00:00Z",
    is_serving: true,
    is_pinned: false,
    data_from: 0,
    data_to: 100,
    features: ["load"],
    scores: { skill: 0.41 },
    reason: "the schedule",
    ...facts,
  };
}
