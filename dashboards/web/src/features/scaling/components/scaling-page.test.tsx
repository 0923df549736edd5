import { screen, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import { ScalingPage } from "@/features/scaling/components/scaling-page";
import { aControl, aDecision, aWorkload } from "@/testing/examples";
import { renderPage } from "@/testing/render";
import { problem, server } from "@/testing/server";

function answer(...targets: ReturnType<typeof aWorkload>[]): void {
  server.use(http.get("*/api/v1/scaling/workloads", () => HttpResponse.json(targets)));
}

test("each target has its counts, its mode and what the reactive path alone would be at", async () => {
  const { details } = aDecision();
  answer(aWorkload({ decision: aDecision({ details: { ...details, alone: 2, floor: 4 } }) }));
  renderPage(<ScalingPage />);
  const item = await screen.findByRole("listitem");
  expect(within(item).getByRole("link", { name: "Worker" })).toHaveAttribute("href", "/scaling/worker");
  expect(within(item).getByText("enforce")).toBeVisible();
  const figures = Object.fromEntries(within(item).getAllByRole("term").map((term) => [term.textContent, term.nextSibling?.textContent]));
  expect(figures).toMatchObject({ "Ready / desired": "2 / 3", "Reactive alone": "2", "Floor by the forecast": "4", Bounds: "1 to 6" });
});

test("a forecast is said with its model, and its absence with the reason", async () => {
  const forecast = { status: "ready" as const, at: Date.now() / 1000 + 300, value: 8.25, upper: 11.2, quantile: 0.95, basis: "boosting", skill: 0.412 };
  answer(aWorkload({ forecast }), aWorkload({ name: "api" }));
  renderPage(<ScalingPage />);
  expect(await screen.findByText(/8.25 slots in 5 min., 95 % quantile 11.2, by boosting \(skill 0.41\)/)).toBeVisible();
  expect(screen.getByText(/No forecast: 12 of 60 minutes of history are there/)).toBeVisible();
});

test("what is not as usual, a freeze and what the autoscaler lacks are said", async () => {
  const freeze = { until: new Date(Date.now() + 600_000).toISOString(), by: "ada@example.com", reason: "a sale" };
  const condition = { kind: "no_metrics", sentence: "prometheus does not answer", since: "2026-01-01T00:00:00Z" };
  answer(aWorkload({ control: aControl({ freeze }), conditions: [condition] }));
  server.use(http.get("*/api/v1/scaling/checks", () => HttpResponse.json([{ what: "store", why: "it timed out" }])));
  renderPage(<ScalingPage />);
  expect(await screen.findByText("frozen, ends in 10 min.")).toBeVisible();
  const list = screen.getByRole("list", { name: "Not as usual" });
  expect(within(list).getByRole("listitem")).toHaveTextContent("No metrics: prometheus does not answer");
  expect(await screen.findByText(/it timed out/)).toBeVisible();
});

test("an autoscaler that is away is said, with a way to try again", async () => {
  server.use(http.get("*/api/v1/scaling/workloads", () => problem(503, "The scaler does not answer: refused")));
  renderPage(<ScalingPage />);
  expect(await screen.findByText("The scaler does not answer: refused")).toBeVisible();
  expect(screen.getByRole("button", { name: "Try again" })).toBeEnabled();
});

test("nothing that is scaled is no error", async () => {
  answer();
  renderPage(<ScalingPage />);
  expect(await screen.findByText("Nothing is scaled")).toBeVisible();
});

test("containers are shown with what they ask for and what they should", async () => {
  const shared = { workload: "worker", container: "worker" };
  const recommendations = [
    { ...shared, resource: "cpu", unit: "cores", request: 0.5, target: 0.035, lower: 0.01, upper: 18.026, limit: null, sentence: "35m would be best." },
    { ...shared, resource: "memory", unit: "bytes", request: 536_870_912, target: 225_443_840, lower: null, upper: null, limit: 450_887_680, sentence: "215 MiB would be best." },
  ];
  server.use(http.get("*/api/v1/scaling/recommendations", () => HttpResponse.json(recommendations)));
  renderPage(<ScalingPage />);
  const table = await screen.findByRole("table");
  const rows = within(table).getAllByRole("row").map((row) => row.textContent);
  expect(rows[1]).toBe("workercpu500 m35 m10 m to 18,026 m–35m would be best.");
  expect(rows[2]).toBe("workermemory512 Mi215 Mi–430 Mi215 MiB would be best.");
});
