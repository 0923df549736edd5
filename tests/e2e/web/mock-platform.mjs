// A platform in one process: serves the built dashboard as the edge does, and an API whose load, forecast, replicas
// and tasks move as on a busy day. The browser test runs against it; by hand: node mock-platform.mjs [port].
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { mockProfile, mockTraining } from "./mock-results.mjs";
import { overviewAt, seriesAt, workloadsAt } from "./mock-load.mjs";
import { aboutTarget, changeTarget, decisionsOf, recommendationsOf, startControls } from "./mock-scaling.mjs";

const web = fileURLToPath(new URL("../../../dashboards/web/", import.meta.url));
const { WebSocketServer } = createRequire(join(web, "package.json"))("ws");

export const CREDENTIALS = { email: "ada@example.com", password: "correct horse battery" };
// Stricter than what the edge sends, so that it keeps holding when the edge's becomes stricter: the component library
// adds empty style elements (the hash of nothing) and fills them by script.
export const CONTENT_POLICY =
  "default-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self' data:; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const MEDIA_TYPES = { ".html": "text/html", ".js": "application/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const TOKEN_LIFE_S = 900;
const STEP_MS = 250;

/** Starts it; `degraded` and `role` shape what the dashboard has to show. */
export async function startMockPlatform({ port = 0, role = "admin", degraded = [], checks = [], empty = false, stepRatio = 0.04 } = {}) {
  const state = {
    user: { id: "0198c1f2-6b1e-7c3a-9d41-0a8f5a3c7e10", email: CREDENTIALS.email, name: "Ada Lovelace", role, is_disabled: false, created_at: ago(86_400 * 12) },
    datasets: empty ? [] : [dataset("bike_sharing_hourly.csv", 17_544, 1_490_560)],
    tasks: empty ? [] : pastTasks(),
    tokens: new Set(),
    refreshes: new Set(),
    sockets: new Set(),
    degraded,
    checks,
    controls: startControls(),
    changes: [],
    empty,
    stepRatio,
    count: 0,
  };
  const server = createServer((request, response) => {
    answer(state, request, response).catch((error) => {
      if (!response.headersSent) problem(response, 500, "The mock failed", String(error));
    });
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (!request.url.startsWith("/api/v1/tasks/")) return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (connection) => follow(state, connection));
  });
  const timer = setInterval(() => advance(state), STEP_MS);
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    state,
    /** Ends the live connections, as a restarted replica does. */
    dropSockets: () => sockets.clients.forEach((connection) => connection.terminate()),
    close: async () => {
      clearInterval(timer);
      sockets.clients.forEach((connection) => connection.terminate());
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(state, request, response) {
  const url = new URL(request.url, "http://mock");
  if (!url.pathname.startsWith("/api/")) return file(url.pathname, response);
  const path = url.pathname.replace("/api/v1", "");
  const key = `${request.method} ${path}`;
  if (key === "POST /auth/sign-in") {
    const { email, password } = JSON.parse(await body(request));
    if (email !== CREDENTIALS.email || password !== CREDENTIALS.password) return problem(response, 401, "Not signed in", "Email or password is wrong");
    return tokens(state, response);
  }
  if (key === "POST /auth/register") {
    const { email } = JSON.parse(await body(request));
    if (email === CREDENTIALS.email) return problem(response, 409, "Conflict", "This email is registered already");
    return json(response, 201, { ...state.user, email });
  }
  if (key === "POST /auth/refresh") {
    const cookie = /autoserve_refresh=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
    if (!state.refreshes.delete(cookie)) return problem(response, 401, "Not signed in", "There is no session");
    return tokens(state, response);
  }
  const token = request.headers.authorization?.replace("Bearer ", "");
  if (!state.tokens.has(token)) return problem(response, 401, "Not signed in", "The access token is missing or over");
  return authorized(state, key, path, url, request, response);
}

async function authorized(state, key, path, url, request, response) {
  const now = Date.now() / 1000;
  const windowS = Number(url.searchParams.get("window_s") ?? 900);
  const id = path.split("/")[2];
  if (key === "POST /auth/sign-out") {
    state.refreshes.clear();
    response.writeHead(204, { "set-cookie": "autoserve_refresh=; Max-Age=0; Path=/api/v1/auth" });
    return response.end();
  }
  if (key === "GET /users/me") return json(response, 200, state.user);
  if (key === "GET /users") return json(response, 200, { items: users(state), next_cursor: null });
  if (key === "GET /platform/overview") return json(response, 200, { ...overviewAt(now, windowS, state.empty), degraded: state.degraded });
  if (path.startsWith("/scaling/")) return scaling(state, key, path, url, request, response);
  if (key === "GET /datasets") return json(response, 200, state.datasets);
  if (key === "POST /datasets") return uploadDataset(state, url, request, response);
  if (key.startsWith("DELETE /datasets/")) {
    state.datasets = state.datasets.filter((each) => each.id !== id);
    return response.writeHead(204).end();
  }
  if (key === "GET /task-types") return json(response, 200, TASK_TYPES);
  if (key === "POST /tasks") return submit(state, request, response);
  if (key === "GET /tasks") {
    const matches = (task) => ["state", "type"].every((name) => !url.searchParams.has(name) || url.searchParams.get(name) === task[name]);
    return json(response, 200, { items: state.tasks.filter(matches), next_cursor: null });
  }
  const task = state.tasks.find((each) => each.id === id);
  if (path.startsWith("/tasks/") && task === undefined) return problem(response, 404, "Not found", `There is no task ${id}`);
  if (/^GET \/tasks\/[\w-]+$/.test(key)) return json(response, 200, task);
  if (/^POST \/tasks\/[\w-]+\/cancel$/.test(key)) {
    Object.assign(task, { state: "cancelled", finished_at: ago(0), message: null });
    tell(state, task);
    return json(response, 202, task);
  }
  return problem(response, 404, "Not found", `The mock does not know ${key}`);
}

async function scaling(state, key, path, url, request, response) {
  const now = Date.now() / 1000;
  const query = url.searchParams;
  if (key === "GET /scaling/workloads") {
    const found = workloadsAt(now, state.empty).map((target) => ({ ...target, mode: state.controls[target.name].mode, control: state.controls[target.name] }));
    return json(response, 200, found);
  }
  if (key === "GET /scaling/checks") return json(response, 200, state.checks);
  if (key === "GET /scaling/decisions") return json(response, 200, decisionsOf(now, state.empty, query.get("workload")));
  if (key === "GET /scaling/recommendations") return json(response, 200, recommendationsOf(state.empty, query.get("workload")));
  const [, , , name, what] = path.split("/");
  if (!(name in state.controls)) return problem(response, 404, "No such workload", `There is no workload '${name}'`);
  if (request.method !== "GET") {
    if (state.user.role === "viewer") return problem(response, 403, "Not allowed", "Your role is viewer; this needs operator");
    const asked = request.method === "DELETE" ? { reason: query.get("reason") } : JSON.parse(await body(request));
    const outcome = changeTarget(state, name, what, request.method, asked);
    return "value" in outcome ? json(response, 200, outcome.value) : problem(response, outcome.status, outcome.title, outcome.detail, outcome.errors);
  }
  if (what === "series") return json(response, 200, seriesAt(name, now, Number(query.get("window_s") ?? 3_600), state.empty));
  const said = aboutTarget(state, name, what, query, now);
  if (said === null) return problem(response, 404, "Not known", `no decision about ${name} is known yet`);
  return said === undefined ? problem(response, 404, "Not found", `The mock does not know ${key}`) : json(response, 200, said);
}

async function uploadDataset(state, url, request, response) {
  const text = await body(request);
  const lines = text.trim().split("\n");
  if (lines.length < 2) {
    const errors = [{ field: "file", found: "no rows", allowed: "a header and at least one row" }];
    return problem(response, 422, "The CSV is refused", "file: the CSV has no rows", errors);
  }
  const uploaded = dataset(url.searchParams.get("name"), lines.length - 1, text.length, lines[0].split(","));
  state.datasets.unshift(uploaded);
  return json(response, 201, uploaded);
}

async function submit(state, request, response) {
  const { type, parameters } = JSON.parse(await body(request));
  if (type === "model.train" && parameters.target === "nonsense") {
    const errors = [{ field: "parameters.target", found: "nonsense", allowed: "a column of the dataset" }];
    return problem(response, 422, "A value is not allowed", "parameters.target: no such column", errors);
  }
  const task = newTask({ type, parameters, state: "queued", message: "waiting for a worker" });
  state.tasks.unshift(task);
  tell(state, task);
  return json(response, 202, task);
}

function advance(state) {
  for (const task of state.tasks) {
    if (task.state === "queued") Object.assign(task, { state: "running", started_at: ago(0), attempts: 1, message: "reading" });
    else if (task.state === "running") {
      const progress = Math.min(1, task.progress + state.stepRatio);
      Object.assign(task, { progress, message: progress < 0.5 ? "reading" : "summing up" });
      if (progress >= 1) Object.assign(task, { state: "succeeded", finished_at: ago(0), message: null, result: resultOf(task) });
    } else continue;
    tell(state, task);
  }
}

function resultOf(task) {
  if (task.type === "dataset.profile") return mockProfile();
  if (task.type === "model.train") return mockTraining(task.parameters.target);
  return { seconds: 6.25, mode: "wait", rounds: 0 };
}

function follow(state, connection) {
  connection.once("message", (data) => {
    const { access_token: token } = JSON.parse(String(data));
    if (!state.tokens.has(token)) return connection.close(4401);
    state.sockets.add(connection);
    connection.on("close", () => state.sockets.delete(connection));
    for (const task of state.tasks.filter((each) => each.state === "running")) connection.send(JSON.stringify({ task }));
  });
}

function tell(state, task) {
  for (const connection of state.sockets) connection.send(JSON.stringify({ task }));
}

function tokens(state, response) {
  const access = `access${(state.count += 1)}`;
  const refresh = `refresh${state.count}`;
  state.tokens.add(access);
  state.refreshes.add(refresh);
  response.setHeader("set-cookie", `autoserve_refresh=${refresh}; HttpOnly; SameSite=Strict; Path=/api/v1/auth`);
  json(response, 200, { access_token: access, token_type: "bearer", expires_in: TOKEN_LIFE_S });
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function problem(response, status, title, detail, errors = []) {
  const value = { type: "about:blank", title, status, detail, errors, correlation_id: "0f8fad5bd9cb469fa16570867728950e" };
  response.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify(value));
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function file(path, response) {
  const name = extname(path) === "" ? "/index.html" : normalize(path);
  try {
    const content = await readFile(join(web, "dist", name));
    response.writeHead(200, { "content-type": MEDIA_TYPES[extname(name)] ?? "application/octet-stream", "content-security-policy": CONTENT_POLICY });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
}

function ago(seconds) {
  return new Date(Date.now() - seconds * 1000).toISOString();
}

let made = 0;
function uuid() {
  made += 1;
  return `0198c1f2-6b1e-7c3a-9d41-${made.toString(16).padStart(12, "a3c7e1004b2d".slice(0, 8))}`;
}

function dataset(name, rows, sizeBytes, columns = ["date_time", "holiday", "temp", "humidity", "wind_speed", "weather", "users"]) {
  return { id: uuid(), name, rows, size_bytes: sizeBytes, columns, created_at: ago(3_600), owner_id: uuid() };
}

function newTask(facts) {
  return { id: uuid(), progress: 0, message: null, attempts: 0, result: null, error: null, created_at: ago(0), started_at: null, finished_at: null, owner_id: "u", ...facts };
}

function pastTasks() {
  const past = (facts, createdS, ranS) =>
    newTask({ attempts: 1, created_at: ago(createdS), started_at: ago(createdS - 1.4), finished_at: ago(createdS - 1.4 - ranS), ...facts });
  return [
    newTask({ type: "load.synthetic", parameters: { seconds: 120, mode: "wait" }, state: "running", progress: 0.02, attempts: 1, created_at: ago(9), started_at: ago(8) }),
    past({ type: "model.train", parameters: { target: "users", folds: 5 }, state: "succeeded", progress: 1, result: mockTraining("users") }, 190, 14.2),
    past({ type: "dataset.profile", parameters: { bins: 20 }, state: "succeeded", progress: 1, result: mockProfile() }, 420, 2.31),
    past({ type: "model.train", parameters: { target: "user", folds: 5 }, state: "failed", progress: 0.2, attempts: 3, error: "target: 'bike_sharing_hourly.csv' has no column 'user'; it has date_time, holiday, temp, users" }, 900, 1.1),
    past({ type: "load.synthetic", parameters: { seconds: 30, mode: "cpu" }, state: "cancelled", progress: 0.43 }, 5_400, 12.9),
  ];
}

function users(state) {
  return [
    state.user,
    { ...state.user, id: "2", name: "Grace Hopper", email: "grace@example.com", role: "operator" },
    { ...state.user, id: "3", name: "", email: "visitor@example.com", role: "viewer" },
  ];
}

const DATASET_FIELD = { description: "The dataset to look at.", format: "uuid", title: "Dataset Id", type: "string", "x-reference": "dataset" };
const TASK_TYPES = [
  {
    type: "dataset.profile",
    title: "Profile a dataset",
    description: "Types, missing values, quantiles, histograms and correlations of every column, read in chunks.",
    parameters: { properties: { dataset_id: DATASET_FIELD, bins: { default: 20, description: "Bins of each histogram.", maximum: 200, minimum: 2, type: "integer" } }, required: ["dataset_id"] },
  },
  {
    type: "load.synthetic",
    title: "Synthetic load",
    description: "Holds a worker slot for a given time, busy or waiting.",
    parameters: { properties: { seconds: { default: 1, description: "How long the slot is held, seconds.", maximum: 3600, minimum: 0, type: "number" }, mode: { default: "wait", description: "'cpu' keeps one core busy, 'wait' sleeps.", enum: ["cpu", "wait"], type: "string" } } },
  },
  {
    type: "model.train",
    title: "Train a model",
    description: "Predicts one column from the others; scores by cross-validation; kept with skops.",
    parameters: {
      properties: {
        dataset_id: DATASET_FIELD,
        target: { description: "The column to predict.", maxLength: 500, minLength: 1, type: "string" },
        kind: { default: "auto", description: "'auto' chooses by the target's values.", enum: ["auto", "regression", "classification"], type: "string" },
        folds: { default: 5, description: "Parts of the cross-validation.", maximum: 10, minimum: 2, type: "integer" },
      },
      required: ["dataset_id", "target"],
    },
  },
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const platform = await startMockPlatform({ port: Number(process.argv[2] ?? 19_200), stepRatio: 0.01 });
  console.log(`${platform.url} as ${CREDENTIALS.email} / ${CREDENTIALS.password}`);
}
