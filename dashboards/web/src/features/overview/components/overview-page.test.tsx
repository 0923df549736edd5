import { screen, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import { OverviewPage } from "@/features/overview/components/overview-page";
import { aDecision, aWorkload, overview } from "@/testing/examples";
import { renderPage } from "@/testing/render";
import { problem, server } from "@/testing/server";

test("the figures stand there with their units", async () => {
  renderPage(<OverviewPage />);
  const figures = await screen.findByRole("region", { name: "Figures" });
  expect(await within(figures).findByText("12.5")).toBeVisible();
  expect(within(figures).getByText("2 %")).toBeVisible();
  expect(within(figures).getByText("87 ms")).toBeVisible();
});

test("without a forecast the reason is said", async () => {
  renderPage(<OverviewPage />);
  expect(await screen.findByText("No forecast: 12 of 60 minutes of history are there")).toBeVisible();
});

test("a forecast is said with its quantile and its unit", async () => {
  const at = Date.now() / 1000 + 300;
  const forecast = { status: "ready" as const, reason: null, at, value: 8.25, upper: 11.2, quantile: 0.9 };
  server.use(http.get("*/api/v1/scaling/workloads", () => HttpResponse.json([aWorkload({ forecast })])));
  renderPage(<OverviewPage />);
  expect(await screen.findByText("Forecast: 8.25 slots in 5 min., 90 % quantile 11.2 slots")).toBeVisible();
});

test("decisions carry their reasons, and say when they were not applied", async () => {
  const decisions = [aDecision({ acted: false, mode: "observe", reason: "3 replicas would carry it." })];
  server.use(http.get("*/api/v1/scaling/decisions", () => HttpResponse.json(decisions)));
  renderPage(<OverviewPage />);
  expect(await screen.findByText("3 replicas would carry it.")).toBeVisible();
  expect(screen.getByText("not applied")).toBeVisible();
});

test("what is degraded is said with its reason", async () => {
  const degraded = [{ what: "Prometheus", why: "it does not answer" }];
  server.use(http.get("*/api/v1/platform/overview", () => HttpResponse.json(overview({ requests_rps: [], degraded }))));
  renderPage(<OverviewPage />);
  expect(await screen.findByText("The platform is degraded")).toBeVisible();
  expect(screen.getByText(/it does not answer/)).toBeVisible();
});

test("one part that fails leaves the others standing", async () => {
  server.use(http.get("*/api/v1/scaling/workloads", () => problem(503, "The autoscaler is away")));
  renderPage(<OverviewPage />);
  expect(await screen.findByText(/The autoscaler is away/)).toBeVisible();
  expect(await within(screen.getByRole("region", { name: "Figures" })).findByText("12.5")).toBeVisible();
});
