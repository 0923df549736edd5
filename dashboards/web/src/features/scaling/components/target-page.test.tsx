import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { delay, http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import { TargetPage } from "@/features/scaling/components/target-page";
import { aControl, aDecision, aModel, anExplanation, aUser, aWorkload } from "@/testing/examples";
import { renderPage } from "@/testing/render";
import { problem, server } from "@/testing/server";

const user = userEvent.setup({ delay: null });

function show(): void {
  renderPage(<TargetPage name="worker" />, { path: "/scaling/worker" });
}

function asViewer(): void {
  server.use(http.get("*/api/v1/users/me", () => HttpResponse.json(aUser({ role: "viewer" }))));
}

test("the sentence is the one that the API gives, with its figures and what limited it", async () => {
  const sentence = "From 2 to 8 replicas: the load of 7.5 slots needs 9; limited to maximum 8 instead of 9.";
  server.use(http.get("*/api/v1/scaling/workloads/worker/explanation", () => HttpResponse.json(anExplanation({ sentence }))));
  show();
  const why = await screen.findByRole("region", { name: "Why" });
  expect(await within(why).findByText(sentence)).toBeVisible();
  expect(within(why).getByText("2 replicas")).toBeVisible();
  expect(within(why).getByText("95 % quantile in 5 min")).toBeVisible();
  expect(within(why).getByRole("listitem")).toHaveTextContent("maximum 9 → 8: maximum 8 instead of 9");
});

test("where nothing was decided yet that is said, and not an error", async () => {
  server.use(http.get("*/api/v1/scaling/workloads/worker/explanation", () => problem(404, "no decision about worker is known yet")));
  show();
  const why = await screen.findByRole("region", { name: "Why" });
  expect(await within(why).findByText("No decision yet")).toBeVisible();
});

test("what has not come yet is announced as progress", async () => {
  server.use(
    http.get("*/api/v1/scaling/workloads", async () => {
      await delay("infinite");
      return HttpResponse.json([]);
    }),
  );
  show();
  expect((await screen.findAllByRole("progressbar", { name: "Loading" }))[0]).toBeVisible();
});

test("decisions carry verdict and regret, and open their figures by keyboard", async () => {
  const { details } = aDecision();
  const judgement = { verdict: "too few", regret: 0.25, best: 4, needed: 4, sentence: "Too few: 4 were needed." };
  const decision = aDecision({ judgement, details: { ...details, alone: 2, clamps: [{ name: "excess cap", from: 6, to: 5, why: "5 instead of 6" }] } });
  server.use(http.get("*/api/v1/scaling/decisions", () => HttpResponse.json([decision])));
  show();
  const list = await screen.findByRole("list", { name: "Decisions, newest first" });
  expect(within(list).getByText("too few, regret 0.25 replica-hours")).toBeVisible();
  const button = within(list).getByRole("button", { name: "Figures of 2 → 3" });
  expect(button).toHaveAttribute("aria-expanded", "false");
  button.focus();
  await user.keyboard("{Enter}");
  expect(button).toHaveAttribute("aria-expanded", "true");
  expect(await within(list).findByText("excess cap")).toBeVisible();
  expect(within(list).getByText("In hindsight: Too few: 4 were needed.")).toBeVisible();
});

test("capacity has its bounds, and the learning its verdicts", async () => {
  const learning = { verdicts: { good: 13, "too few": 7 }, regret_replica_hours: 1.5, quantile: 0.95, because: "95 % as the costs ask for", last: null };
  const workload = aWorkload({ capacity: 1.9, capacity_lower: 1.5, capacity_upper: 2, capacity_because: "One replica serves 1.9 slots.", learning });
  server.use(http.get("*/api/v1/scaling/workloads", () => HttpResponse.json([workload])));
  show();
  expect(await screen.findByText("1.5 and 2 slots")).toBeVisible();
  const hindsight = screen.getByRole("region", { name: "In hindsight" });
  expect(within(hindsight).getByText("Too few").nextSibling).toHaveTextContent("7");
  expect(within(hindsight).getByText("The floor follows the 95 % quantile: 95 % as the costs ask for.")).toBeVisible();
});

test("what would be decided under a typed load is asked and shown", async () => {
  const asked: string[] = [];
  server.use(
    http.get("*/api/v1/scaling/workloads/worker/what-if", ({ request }) => {
      asked.push(new URL(request.url).search);
      return HttpResponse.json(anExplanation({ sentence: "From 3 to 6 replicas: so." }));
    }),
  );
  show();
  const panel = await screen.findByRole("region", { name: "What if" });
  await user.type(within(panel).getByLabelText(/^Load, slots/), "12.5");
  await user.type(within(panel).getByLabelText("Ready replicas"), "2");
  await user.click(within(panel).getByRole("button", { name: "Ask" }));
  expect(await within(panel).findByText("From 3 to 6 replicas: so.")).toBeVisible();
  expect(asked).toEqual(["?load=12.5&ready=2"]);
});

test.each([
  ["", "Required"],
  ["much", "Allowed: a number of at least 0 (found: much)"],
  ["-1", "Allowed: a number of at least 0 (found: -1)"],
])("a load of '%s' is refused before it is asked", async (text, message) => {
  show();
  const panel = await screen.findByRole("region", { name: "What if" });
  if (text !== "") await user.type(within(panel).getByLabelText(/^Load, slots/), text);
  await user.click(within(panel).getByRole("button", { name: "Ask" }));
  expect(within(panel).getByText(message)).toBeVisible();
});

test("what the platform refuses of a supposition stands at its field", async () => {
  const errors = [{ field: "query.load", found: "1e13", allowed: "at most 1e12" }];
  server.use(http.get("*/api/v1/scaling/workloads/worker/what-if", () => problem(422, "load is too high", errors)));
  show();
  const panel = await screen.findByRole("region", { name: "What if" });
  await user.type(within(panel).getByLabelText(/^Load, slots/), "1e13");
  await user.click(within(panel).getByRole("button", { name: "Ask" }));
  expect(await within(panel).findByText("Allowed: at most 1e12 (found: 1e13)")).toBeVisible();
});

test("an operator changes the mode with a reason, and is told when it is not kept yet", async () => {
  const sent: unknown[] = [];
  server.use(
    http.put("*/api/v1/scaling/workloads/worker/mode", async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(aControl({ mode: "observe", kept: false }));
    }),
  );
  show();
  await user.click(await screen.findByRole("button", { name: "Change mode" }));
  const dialog = await screen.findByRole("dialog", { name: "Mode of Worker" });
  await user.click(within(dialog).getByRole("radio", { name: /^observe/ }));
  await user.type(within(dialog).getByLabelText("Reason"), "a test");
  await user.click(within(dialog).getByRole("button", { name: "Change" }));
  expect(await screen.findByText(/database does not answer: the change holds now/)).toBeVisible();
  expect(sent).toEqual([{ mode: "observe", reason: "a test" }]);
});

test("a freeze wants a duration and a reason", async () => {
  const sent: unknown[] = [];
  server.use(
    http.put("*/api/v1/scaling/workloads/worker/freeze", async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(aControl());
    }),
  );
  show();
  await user.click(await screen.findByRole("button", { name: "Freeze" }));
  const dialog = await screen.findByRole("dialog", { name: "Freeze Worker" });
  const length = within(dialog).getByLabelText(/^For/);
  await user.clear(length);
  await user.type(length, "8d");
  await user.click(within(dialog).getByRole("button", { name: "Freeze" }));
  expect(within(dialog).getByText("Allowed: at most 7d (found: 8d)")).toBeVisible();
  expect(within(dialog).getByText("Required")).toBeVisible();
  expect(sent).toEqual([]);
  await user.clear(length);
  await user.type(length, "1h30m");
  await user.type(within(dialog).getByLabelText(/^Reason/), "a sale");
  await user.click(within(dialog).getByRole("button", { name: "Freeze" }));
  await expect.poll(() => sent).toEqual([{ for_s: 5_400, reason: "a sale" }]);
});

test("what the platform refuses of a freeze stands at its field", async () => {
  const errors = [{ field: "body.for_s", found: 604_801, allowed: "less than or equal to 604800" }];
  server.use(http.put("*/api/v1/scaling/workloads/worker/freeze", () => problem(422, "for_s: too long", errors)));
  show();
  await user.click(await screen.findByRole("button", { name: "Freeze" }));
  const dialog = await screen.findByRole("dialog", { name: "Freeze Worker" });
  await user.type(within(dialog).getByLabelText(/^Reason/), "a sale");
  await user.click(within(dialog).getByRole("button", { name: "Freeze" }));
  expect(await within(dialog).findByText("Allowed: less than or equal to 604800 (found: 604801)")).toBeVisible();
});

test("a frozen target says until when, by whom and why, and is unfrozen", async () => {
  const freeze = { until: "2026-01-01T10:00:00Z", by: "grace@example.com", reason: "a sale" };
  server.use(http.get("*/api/v1/scaling/workloads", () => HttpResponse.json([aWorkload({ control: aControl({ freeze }) })])));
  let ended = 0;
  server.use(
    http.delete("*/api/v1/scaling/workloads/worker/freeze", () => {
      ended += 1;
      return HttpResponse.json(aControl());
    }),
  );
  show();
  expect(await screen.findByText(/Frozen until .* by grace@example.com: a sale/)).toBeVisible();
  await user.click(await screen.findByRole("button", { name: "Unfreeze" }));
  await expect.poll(() => ended).toBe(1);
});

test("a viewer sees the mode and may change nothing", async () => {
  asViewer();
  server.use(http.get("*/api/v1/scaling/workloads/worker/models", () => HttpResponse.json([aModel(), aModel({ version: "old", is_serving: false })])));
  show();
  expect(await screen.findByText("Operators may change it.")).toBeVisible();
  expect(await screen.findByText("old")).toBeVisible();
  for (const name of [/mode/i, /freeze/i, /roll back/i]) expect(screen.queryByRole("button", { name })).toBeNull();
});

test("an older model is rolled back to, and a refusal is shown", async () => {
  server.use(http.get("*/api/v1/scaling/workloads/worker/models", () => HttpResponse.json([aModel(), aModel({ version: "old", is_serving: false })])));
  const sent: unknown[] = [];
  server.use(
    http.post("*/api/v1/scaling/workloads/worker/rollback", async ({ request }) => {
      sent.push(await request.json());
      return problem(409, "model of worker: its file is damaged");
    }),
  );
  show();
  await user.click(await screen.findByRole("button", { name: "Roll back to old" }));
  const dialog = await screen.findByRole("dialog", { name: "Roll back to old?" });
  await user.click(within(dialog).getByRole("button", { name: "Roll back" }));
  expect(await within(dialog).findByText("model of worker: its file is damaged")).toBeVisible();
  expect(sent).toEqual([{ version: "old", reason: "" }]);
});

test("anomalies, cost and changes are told", async () => {
  const anomaly = { at: 7_200, since: 3_600, kind: "level_shift", direction: "down", score: 0.913, observed: 3, expected: 4, explanation: "the median fell" };
  const change = { at: "2026-01-01T00:00:00Z", workload: "worker", change: "mode", actor: "ada@example.com", reason: "a test", mode: "observe", frozen_until: null };
  server.use(http.get("*/api/v1/scaling/workloads/worker/anomalies", () => HttpResponse.json([anomaly])));
  server.use(http.get("*/api/v1/scaling/workloads/worker/changes", () => HttpResponse.json([change])));
  show();
  const anomalies = await screen.findByRole("list", { name: "Anomalies, newest first" });
  expect(within(anomalies).getByRole("listitem")).toHaveTextContent(/Level shift, downscore 0\.91.*began 1 h beforethe median fell/);
  expect(await screen.findByText("In 2 h the floor asked for 2 replica-hours above the reactive count.")).toBeVisible();
  expect(within(await screen.findByRole("list", { name: "Changes, newest first" })).getByRole("listitem")).toHaveTextContent(/Mode observe.*ada@example\.com: a test/);
});

test("one part that fails leaves the others standing", async () => {
  server.use(http.get("*/api/v1/scaling/workloads/worker/models", () => problem(502, "The scaler answered with status 500")));
  show();
  expect(await screen.findByText("The scaler answered with status 500")).toBeVisible();
  expect(await screen.findByText("Nothing out of the ordinary")).toBeVisible();
});

test("a name that is not scaled is said, with those that are", async () => {
  renderPage(<TargetPage name="nobody" />, { path: "/scaling/nobody" });
  expect(await screen.findByText("Nobody is not scaled")).toBeVisible();
  expect(screen.getByText("It scales worker.")).toBeVisible();
});

test("what cannot be renewed stays and is said to be stale", async () => {
  const { queryClient } = renderPage(<TargetPage name="worker" />, { path: "/scaling/worker" });
  const why = await screen.findByRole("region", { name: "Why" });
  const { sentence } = anExplanation();
  expect(await within(why).findByText(sentence)).toBeVisible();
  server.use(http.get("*/api/v1/scaling/workloads/worker/explanation", () => problem(503, "The scaler does not answer: refused")));
  await queryClient.refetchQueries();
  expect(await within(why).findByText(/^Stale, from .*The scaler does not answer: refused/)).toBeVisible();
  expect(within(why).getByText(sentence)).toBeVisible();
});
