/**
 * The WebSocket on which the platform tells of task changes.
 *
 * It reconnects by itself, ever more slowly while the platform is away; whoever listens polls meanwhile. No message is
 * promised to arrive: after each new connection the platform begins with the tasks under way.
 */
import type { Task } from "@/lib/api/types";
import { session } from "@/lib/session";

export type SocketStatus = "connecting" | "live" | "polling";

export interface TaskListener {
  readonly onTask: (task: Task) => void;
  readonly onStatus: (status: SocketStatus) => void;
}

const PATH = "/api/v1/tasks/events";
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** A connection that held for so long was a good one: the next pause is short again. */
const GOOD_AFTER_MS = 5_000;
const NOT_SIGNED_IN = 4401;

/** Follow all tasks of the signed-in user until the returned function is called. */
export function followTasks(listener: TaskListener): () => void {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isStopped = false;

  const retry = () => {
    if (isStopped) return;
    listener.onStatus("polling");
    timer = setTimeout(() => void connect(), pauseMs(failures));
    failures += 1;
  };

  const connect = async () => {
    const token = await session.freshToken().catch(() => undefined);
    if (isStopped) return;
    if (token === undefined) {
      retry();
      return;
    }
    let openedAt: number | undefined;
    const opened = new WebSocket(socketUrl());
    socket = opened;
    opened.onopen = () => {
      openedAt = Date.now();
      opened.send(JSON.stringify({ access_token: token }));
      listener.onStatus("live");
    };
    opened.onmessage = (event) => {
      const task = taskIn(event.data);
      if (task !== undefined && !isStopped) listener.onTask(task);
    };
    opened.onclose = (event) => {
      if (isStopped) return;
      if (openedAt !== undefined && Date.now() - openedAt > GOOD_AFTER_MS) failures = 0;
      if (event.code === NOT_SIGNED_IN) void session.refresh().catch(() => undefined).then(retry);
      else retry();
    };
  };

  listener.onStatus("connecting");
  void connect();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    socket?.close(1000);
  };
}

/** Doubles with each failure, with jitter, so that many tabs do not come back at once. */
export function pauseMs(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.75 + Math.random() / 2);
}

function socketUrl(): URL {
  const url = new URL(PATH, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

function taskIn(data: unknown): Task | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const message = JSON.parse(data) as { task?: Task };
    return message.task;
  } catch {
    return undefined;
  }
}
