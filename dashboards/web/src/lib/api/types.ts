/** The names under which the dashboard knows what the API sends; the shapes are generated. */
import type { components } from "@/lib/api/schema";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type Role = User["role"];
export type Dataset = Schemas["DatasetView"];
export type Task = Schemas["TaskView"];
export type TaskState = Task["state"];
export type TaskPage = Schemas["TaskPage"];
export type TaskType = Schemas["TaskTypeView"];
export type Workload = Schemas["Workload"];
export type WorkloadSeries = Schemas["Series"];
export type Decision = Schemas["Decision"];
export type DecisionDetails = Schemas["DecisionDetails"];
export type Judgement = Schemas["Judgement"];
export type Explanation = Schemas["Explanation"];
export type Clamp = Schemas["Clamp"];
export type ForecastPath = Schemas["ForecastPath"];
export type Condition = Schemas["Condition"];
export type ScalerCheck = Schemas["Check"];
export type Control = Schemas["Control"];
export type ScalingMode = Control["mode"];
export type FloorCost = Schemas["Cost"];
export type Anomaly = Schemas["Anomaly"];
export type Recommendation = Schemas["Recommendation"];
export type ForecastModel = Schemas["Model"];
export type ScalingChange = Schemas["Change"];
export type Overview = Schemas["Overview"];

/** Unix seconds and a value; null where nothing was measured. */
export type Point = readonly [number, number | null];
export type Points = readonly Point[];

export const TASK_STATES = ["queued", "running", "succeeded", "failed", "cancelled"] as const satisfies readonly TaskState[];
export const SCALING_MODES = ["off", "observe", "enforce"] as const satisfies readonly ScalingMode[];
export const ROLES = ["viewer", "operator", "admin"] as const satisfies readonly Role[];

export function isFinal(state: TaskState): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

/** Whether a role may do what another role may. */
export function hasRole(role: Role | undefined, atLeast: Role): boolean {
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(atLeast);
}
