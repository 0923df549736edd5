import { expect, test } from "vitest";
import { followTasks, pauseMs, type SocketStatus } from "@/lib/task-socket";
import { events, server } from "@/testing/server";

test("pauses grow to a limit, with jitter", () => {
  for (const failures of [0, 3, 50]) {
    const middle = Math.min(15_000, 500 * 2 ** failures);
    const pause = pauseMs(failures);
    expect(pause).toBeGreaterThanOrEqual(middle * 0.75);
    expect(pause).toBeLessThanOrEqual(middle * 1.25);
  }
});

test("a connection that is lost comes back by itself", async () => {
  let connections = 0;
  server.use(
    events.addEventListener("connection", ({ client }) => {
      connections += 1;
      const isFirst = connections === 1;
      client.addEventListener("message", () => {
        if (isFirst) client.close(1012);
      });
    }),
  );
  const seen: SocketStatus[] = [];
  const stop = followTasks({ onTask: () => undefined, onStatus: (status) => seen.push(status) });
  await expect.poll(() => seen, { timeout: 5_000 }).toEqual(["connecting", "live", "polling", "live"]);
  stop();
});

test("nothing is heard after the end", async () => {
  const seen: SocketStatus[] = [];
  followTasks({ onTask: () => undefined, onStatus: (status) => seen.push(status) })();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen).toEqual(["connecting"]);
});
