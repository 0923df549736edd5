import type { InfiniteData } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { withTask } from "@/features/tasks/api/tasks";
import type { Task, TaskPage } from "@/lib/api/types";
import { aTask } from "@/testing/examples";

type Pages = InfiniteData<TaskPage, string | null>;

const pages = (...items: Task[]): Pages => ({ pages: [{ items, next_cursor: null }], pageParams: [null] });
const idsIn = (data: Pages) => data.pages.flatMap(({ items }) => items.map(({ id, state }) => `${id} ${state}`));

test("a known task is renewed in its place", () => {
  const data = withTask(pages(aTask({ id: "a" }), aTask({ id: "b" })), aTask({ id: "b", state: "succeeded" }), {});
  expect(idsIn(data)).toEqual(["a running", "b succeeded"]);
});

test("a new task stands on top", () => {
  const data = withTask(pages(aTask({ id: "a" })), aTask({ id: "b", created_at: "2026-01-02T00:00:00Z" }), {});
  expect(idsIn(data)).toEqual(["b running", "a running"]);
});

test("a task of a page that was not read yet is not put among the newest", () => {
  const data = withTask(pages(aTask({ id: "a" })), aTask({ id: "b", created_at: "2025-01-02T00:00:00Z" }), {});
  expect(idsIn(data)).toEqual(["a running"]);
});

test("a task that no longer matches the filter leaves the list", () => {
  const data = withTask(pages(aTask({ id: "a" })), aTask({ id: "a", state: "failed" }), { state: "running" });
  expect(idsIn(data)).toEqual([]);
});

test("a snapshot that arrives late does not revive a finished task", () => {
  const data = withTask(pages(aTask({ id: "a", state: "succeeded" })), aTask({ id: "a" }), {});
  expect(idsIn(data)).toEqual(["a succeeded"]);
});
