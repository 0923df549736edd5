import type { Dataset, Decision, Overview, Task, TaskType, User, Workload } from "@/lib/api/types";

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
