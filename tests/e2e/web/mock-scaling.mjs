// What the scaler says of a target beyond its load and replicas, and what an operator changes of it.
import { decisionsAt, forecastPathAt, workloadsAt } from "./mock-load.mjs";

const DAY_S = 86_400;

/** The control of each target: what was changed of it, by whom and why. */
export function startControls() {
  const settled = { mode: "enforce", configured: "enforce", changed_at: iso(Date.now() / 1000 - 7_200), changed_by: "settings", reason: "as configured", freeze: null, kept: true };
  return { worker: { ...settled }, api: { ...settled, mode: "observe", configured: "observe" } };
}

/** Answers GET of one target; undefined where there is no such question. */
export function aboutTarget({ controls, changes, empty }, name, what, query, now) {
  const target = workloadsAt(now, empty).find((each) => each.name === name);
  if (target === undefined) return undefined;
  const level = Number(query.get("load") ?? target.load ?? 0);
  switch (what) {
    case "forecast":
      return forecastPathAt(target, now);
    case "explanation":
      return target.decision === null ? null : explanation(target.decision);
    case "what-if":
      return explanation({ ...target.decision, to_replicas: Math.min(8, Math.ceil(level / 1.6)), reason: `From ${target.replicas.desired} to ${Math.min(8, Math.ceil(level / 1.6))} replicas: the load of ${level} slots needs ${Math.ceil(level / 1.6)}.` });
    case "cost":
      return cost(name, controls[name].mode, Number(query.get("window_s") ?? DAY_S));
    case "anomalies":
      return empty ? [] : anomalies(now);
    case "models":
      return empty || name === "api" ? [] : models(now);
    case "changes":
      return changes.filter((change) => change.workload === name);
    default:
      return undefined;
  }
}

/** Answers a change; a problem is `{ status, title, detail, errors }`. */
export function changeTarget({ controls, changes, user }, name, what, method, body) {
  const control = controls[name];
  const change = `${method} ${what}`;
  if (change === "PUT mode") {
    if (!["off", "observe", "enforce"].includes(body.mode)) return refused("mode", body.mode, "off, observe or enforce");
    control.mode = body.mode;
  } else if (change === "PUT freeze") {
    if (!(body.for_s > 0 && body.for_s <= 7 * DAY_S)) return refused("for_s", body.for_s, "above 0 and at most 604800");
    control.freeze = { until: iso(Date.now() / 1000 + body.for_s), by: user.email, reason: body.reason };
  } else if (change === "DELETE freeze") {
    control.freeze = null;
  } else {
    return { status: 409, title: "The model cannot serve", detail: `model of ${name}: its file is damaged`, errors: [] };
  }
  Object.assign(control, { changed_at: iso(Date.now() / 1000), changed_by: user.email, reason: body.reason || "no reason given" });
  changes.unshift({ at: control.changed_at, workload: name, change: what === "mode" ? "mode" : method === "DELETE" ? "unfreeze" : "freeze", actor: user.email, reason: control.reason, mode: control.mode, frozen_until: control.freeze?.until ?? null });
  return { value: control };
}

export function recommendationsOf(empty, workload) {
  if (empty) return [];
  const shared = { unit: "cores", lower: 0.01, upper: 2.17, limit: null };
  const all = ["worker", "api", "scaler"].flatMap((name) => [
    { ...shared, workload: name, container: name, resource: "cpu", request: 0.5, target: 0.035, sentence: "500m of cpu is good enough; 35m would be best, from 1.3 h of usage." },
    { ...shared, workload: name, container: name, resource: "memory", unit: "bytes", request: 536_870_912, target: 225_384_266, lower: 196_195_767, upper: 4_494_871_663, limit: 450_768_532, sentence: "512 MiB of memory is good enough; 215 MiB would be best, from 1.3 h of usage." },
  ]);
  return all.filter((one) => workload === null || one.workload === workload);
}

export function decisionsOf(now, empty, workload) {
  const verdicts = [["good", 0], ["not needed", 0.004], ["too few", 0.25], ["late", 0.11], ["too many", 0.02]];
  return decisionsAt(now, empty)
    .filter((decision) => workload === null || decision.workload === workload)
    .map((decision, index) => {
      if (index < 2) return decision;
      const [verdict, regret] = verdicts[index % verdicts.length];
      return { ...decision, judgement: { verdict, regret, best: decision.to_replicas, needed: decision.to_replicas, sentence: `${verdict}: ${decision.to_replicas} replicas, the load needed ${decision.to_replicas}.` } };
    });
}

function explanation(decision) {
  const { details } = decision;
  return {
    workload: decision.workload,
    at: decision.at,
    sentence: decision.reason,
    inputs: [
      { name: "load", value: details.load, unit: "slots" },
      { name: "from_replicas", value: decision.from_replicas, unit: "replicas" },
      { name: "alone", value: details.alone, unit: "replicas" },
      { name: "forecast", value: details.forecast, unit: "slots" },
    ],
    interval: { peak: details.forecast, lower: details.forecast * 0.7, median: details.forecast * 0.85, upper: details.forecast, quantile: details.quantile, horizon_s: 300 },
    absence: null,
    clamps: [{ name: "excess cap", from: 6, to: 5, why: "floor 5 instead of 6: 1.5 times the reactive replica-hours at most" }],
    decision,
  };
}

function cost(workload, mode, windowS) {
  return { workload, window_s: windowS, mode, known_s: 7_200, replica_hours: 8.1, reactive_replica_hours: 6.4, extra_replica_hours: 1.7, short_s: 30, reactive_short_s: 600, avoided_short_s: 570, sentence: "In 2 h the floor asked for 1.7 replica-hours above the reactive count (+26.6 %) and spared the load an estimated 9.5 min with too few replicas (30 s instead of 10 min)." };
}

function anomalies(now) {
  return [
    { at: now - 900, since: now - 1_300, kind: "level_shift", direction: "down", score: 0.91, observed: 2.9, expected: 4.0, explanation: "the median of the last hour, 2.9, is 20.8 typical deviations below that of the day before, 4.0" },
    { at: now - 9_000, since: now - 9_000, kind: "spike", direction: "up", score: 0.74, observed: 70, expected: 40, explanation: "70 slots where 40 were expected" },
  ];
}

function models(now) {
  const shared = { data_from: now - 14 * DAY_S, features: Array.from({ length: 41 }, (_, index) => `load ${index} steps ago`), reason: "the schedule" };
  return [
    { ...shared, version: "20261125T214759Z-2", created_at: iso(now - 1_800), is_serving: true, is_pinned: false, data_to: now - 1_800, scores: { skill: 0.41, coverage: 0.951 } },
    { ...shared, version: "20261124T214511Z-1", created_at: iso(now - DAY_S), is_serving: false, is_pinned: false, data_to: now - DAY_S, scores: { skill: 0.37, coverage: 0.948 }, reason: "the first one" },
  ];
}

function refused(field, found, allowed) {
  return { status: 422, title: "The scaler does not take this", detail: `${field}: found ${found}, allowed: ${allowed}`, errors: [{ field: `body.${field}`, found, allowed }] };
}

function iso(seconds) {
  return new Date(seconds * 1000).toISOString();
}
