/** The API as tests know it: each test says what differs. */
import { http, HttpResponse, ws } from "msw";
import { setupServer } from "msw/node";
import { aCost, aDataset, aForecastPath, aModel, anExplanation, aSeries, aTask, aUser, aWorkload, overview, taskTypes } from "@/testing/examples";

export const events = ws.link("ws://localhost:3000/api/v1/tasks/events");

export const server = setupServer(
  http.get("*/api/v1/users/me", () => HttpResponse.json(aUser())),
  http.get("*/api/v1/platform/overview", () => HttpResponse.json(overview())),
  http.get("*/api/v1/scaling/workloads", () => HttpResponse.json([aWorkload()])),
  http.get("*/api/v1/scaling/checks", () => HttpResponse.json([])),
  http.get("*/api/v1/scaling/workloads/:name/series", () => HttpResponse.json(aSeries())),
  http.get("*/api/v1/scaling/workloads/:name/forecast", () => HttpResponse.json(aForecastPath())),
  http.get("*/api/v1/scaling/workloads/:name/explanation", () => HttpResponse.json(anExplanation())),
  http.get("*/api/v1/scaling/workloads/:name/cost", () => HttpResponse.json(aCost())),
  http.get("*/api/v1/scaling/workloads/:name/anomalies", () => HttpResponse.json([])),
  http.get("*/api/v1/scaling/workloads/:name/models", () => HttpResponse.json([aModel()])),
  http.get("*/api/v1/scaling/workloads/:name/changes", () => HttpResponse.json([])),
  http.get("*/api/v1/scaling/recommendations", () => HttpResponse.json([])),
  http.get("*/api/v1/scaling/decisions", () => HttpResponse.json([])),
  http.get("*/api/v1/datasets", () => HttpResponse.json([aDataset()])),
  http.get("*/api/v1/task-types", () => HttpResponse.json(taskTypes)),
  http.get("*/api/v1/tasks", () => HttpResponse.json({ items: [aTask()], next_cursor: null })),
  events.addEventListener("connection", () => undefined),
);

/** An answer with problem details. */
export function problem(status: number, detail: string, errors: readonly object[] = []) {
  const body = { type: "about:blank", title: "Refused", status, detail, errors, correlation_id: "c0ffee" };
  return HttpResponse.json(body, { status, headers: { "content-type": "application/problem+json" } });
}
