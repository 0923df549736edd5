// The load of a busy day as a function of time, with what the platform made of it.
const STEP_S = 15;
const HORIZON_S = 300;

export function overviewAt(now, windowS, empty) {
  const names = ["requests_rps", "errors_ratio", "latency_p50_s", "latency_p95_s", "queue_depth", "workers_ready", "api_ready"];
  if (empty) return Object.fromEntries(names.map((name) => [name, []]));
  const step = Math.max(5, windowS / 180);
  const points = (value) => sampled(now, windowS, step, value);
  return {
    requests_rps: points((t) => rps(t) + 4 * noise(t, 1)),
    errors_ratio: points((t) => (noise(t, 2) > 0.93 ? 0.012 * noise(t, 3) : 0.0008 * noise(t, 4))),
    latency_p50_s: points((t) => 0.011 + 0.00006 * rps(t) + 0.002 * noise(t, 5)),
    latency_p95_s: points((t) => 0.034 + 0.0005 * rps(t) + 0.016 * noise(t, 6)),
    queue_depth: points((t) => Math.max(0, Math.round(slots(t) * 1.3 - 3 * replicas(t) + 3 * noise(t, 7)))),
    workers_ready: points(replicas),
    api_ready: points(() => 2),
  };
}

export function workloadsAt(now, empty) {
  const none = { status: "none", reason: "12 of 60 minutes of history are there; the forecast begins in about 48 minutes", at: null, value: null, upper: null, quantile: 0.9, skill: null };
  const worker = {
    name: "worker",
    mode: "enforce",
    replicas: { desired: replicas(now + 30), ready: replicas(now), minimum: 1, maximum: 6 },
    load: slots(now),
    load_unit: "slots",
    capacity: 2,
    forecast: { status: "ready", reason: "boosting: skill 0.41 against persistence", basis: "boosting", at: now + HORIZON_S, value: slots(now + HORIZON_S), upper: slots(now + HORIZON_S) * 1.22, quantile: 0.9, skill: 0.41 },
    decision: decision("worker", now - 20),
  };
  const api = {
    name: "api",
    mode: "observe",
    replicas: { desired: 2, ready: 2, minimum: 2, maximum: 4 },
    load: rps(now),
    load_unit: "requests/s",
    capacity: 60,
    forecast: none,
    decision: { ...decision("api", now - 40), from_replicas: 2, to_replicas: 2, acted: false, mode: "observe", reason: "stays at 2: the load of 84.1 requests/s needs 2; no forecast: 12 of 60 minutes of history are there." },
  };
  const usual = { conditions: [], capacity_lower: 1.6, capacity_upper: 2, capacity_because: "One replica serves 2 slots (1.6 to 2), as configured: too little is known of its utilisation." };
  const learning = { verdicts: { good: 41, "too few": 2, "not needed": 3 }, regret_replica_hours: 0.61, quantile: 0.9, because: "90 % as the costs of too few against too many ask for", last: null };
  const doubted = { kind: "capacity_doubted", sentence: "7 of the last 20 judged decisions missed the objective: the capacity is less than thought", since: new Date((now - 600) * 1000).toISOString() };
  const found = empty ? [{ ...worker, load: null, forecast: none, decision: null }] : [{ ...worker, learning }, { ...api, conditions: [doubted] }];
  return found.map((target) => ({ ...usual, ...target }));
}

/** The forecast at each minute ahead. */
export function forecastPathAt(target, now) {
  const leads = Array.from({ length: 15 }, (_, index) => 60 * (index + 1));
  const value = target.name === "worker" ? slots : rps;
  return {
    ...target.forecast,
    workload: target.name,
    load_unit: target.load_unit,
    history: { covered_s: 720, needed_s: 3_600 },
    path: target.forecast.status === "none" ? [] : leads.map((ahead) => ({ at: now + ahead, ahead_s: ahead, lower: value(now + ahead) * 0.8, median: value(now + ahead), upper: value(now + ahead) * (1.1 + ahead / 4_000) })),
  };
}

export function seriesAt(name, now, windowS, empty) {
  if (empty) return { actual: [], forecast: [], upper: [], replicas: [], lower: [], reactive: [], floor: [], desired: [] };
  const step = Math.max(STEP_S, windowS / 240);
  const load = name === "worker" ? slots : rps;
  const actual = sampled(now, windowS, step, (t) => load(t) * (1 + 0.09 * (noise(t, 8) - 0.5)));
  if (name !== "worker") {
    const two = sampled(now, windowS, step, () => 2);
    return { actual, forecast: [], upper: [], replicas: two, lower: [], reactive: two, floor: [], desired: two };
  }
  const ahead = sampled(now + HORIZON_S, windowS + HORIZON_S, step, (t) => slots(t - 25) * 1.02);
  return {
    actual,
    forecast: ahead,
    upper: ahead.map(([t, value]) => [t, value * (1.18 + 0.04 * noise(t, 9))]),
    replicas: sampled(now, windowS, step, (t) => replicas(t - 20)),
    lower: [],
    reactive: sampled(now, windowS, step, reactive),
    floor: [],
    desired: sampled(now, windowS, step, replicas),
  };
}

export function decisionsAt(now, empty) {
  if (empty) return [];
  const found = [];
  for (let t = Math.floor(now / STEP_S) * STEP_S; t > now - 3_600 && found.length < 40; t -= STEP_S) {
    if (replicas(t) !== replicas(t - STEP_S)) found.push(decision("worker", t));
  }
  return found;
}

function decision(workload, t) {
  const from = replicas(t - STEP_S);
  const to = replicas(t);
  const change = from === to ? `stays at ${to}` : `${from} to ${to} replicas`;
  const floor = Math.ceil((slots(t + HORIZON_S) * 1.2) / 2);
  const reason = `${change}: the load of ${slots(t).toPrecision(4)} slots needs ${Math.ceil(slots(t) / 2)}; the forecast within 300 s (${(slots(t + HORIZON_S) * 1.2).toPrecision(4)} slots, 90 % quantile) asks for ${floor}${to < from ? "; not scaled in further, the highest wish of the last 300 s was 3" : ""}.`;
  return {
    at: new Date(t * 1000).toISOString(), workload, from_replicas: from, to_replicas: to, mode: "enforce", acted: from !== to, reason,
    details: {
      reactive: reactive(t), alone: reactive(t), floor, load: slots(t), load_unit: "slots", capacity: 2, forecast: slots(t + HORIZON_S) * 1.2, quantile: 0.9, clamp: null, cooldown: null,
      schedule: [], clamps: [{ name: "stabilization", from: to, to, why: "the highest wish of the last 300 s was 3" }],
    },
  };
}

function replicas(t) {
  const at = Math.floor(t / STEP_S) * STEP_S;
  return Math.min(6, Math.max(1, Math.ceil((Math.max(slots(at), slots(at + HORIZON_S)) * 1.15) / 2)));
}

/** Without the forecast: what the load of a moment ago needs. */
function reactive(t) {
  return Math.min(6, Math.max(1, Math.ceil((slots(t - 45) * 1.15) / 2)));
}

function rps(t) {
  return 55 + 32 * Math.sin((2 * Math.PI * t) / 1_500) + 14 * Math.sin((2 * Math.PI * t) / 410);
}

function slots(t) {
  return 4.6 + 3.1 * Math.sin((2 * Math.PI * t) / 1_500 - 0.4) + 0.7 * Math.sin((2 * Math.PI * t) / 330);
}

function sampled(end, windowS, step, value) {
  const last = Math.floor(end / step) * step;
  const count = Math.floor(windowS / step);
  return Array.from({ length: count }, (_, index) => {
    const t = last - (count - 1 - index) * step;
    return [t, value(t)];
  });
}

/** Repeatable, in [0, 1). */
function noise(t, seed) {
  const x = Math.sin(Math.floor(t) * 12.9898 + seed * 78.233) * 43_758.5453;
  return x - Math.floor(x);
}
