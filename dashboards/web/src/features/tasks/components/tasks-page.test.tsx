import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";
import { TasksPage } from "@/features/tasks/components/tasks-page";
import { aTask, aUser } from "@/testing/examples";
import type { Task } from "@/lib/api/types";
import { renderPage } from "@/testing/render";
import { events, problem, server } from "@/testing/server";

test("progress that the platform tells is shown without asking again", async () => {
  let told: unknown;
  let tell: (task: Task) => void = () => undefined;
  server.use(
    events.addEventListener("connection", ({ client }) => {
      client.addEventListener("message", ({ data }) => {
        told = data;
        tell = (task) => {
          client.send(JSON.stringify({ task }));
        };
      });
    }),
  );
  renderPage(<TasksPage onNew={vi.fn()} />);
  expect(await screen.findByText("25 %")).toBeVisible();
  await expect.poll(() => told).toBeDefined();
  tell(aTask({ progress: 0.75 }));
  expect(await screen.findByText("75 %")).toBeVisible();
  expect(told).toBe(JSON.stringify({ access_token: "token" }));
});

test("without a live connection the page says so and keeps asking", async () => {
  server.use(
    events.addEventListener("connection", ({ client }) => {
      client.close(1011);
    }),
  );
  renderPage(<TasksPage onNew={vi.fn()} />);
  expect(await screen.findByText("Reconnecting")).toBeVisible();
});

test("no tasks yet: an operator is led to the first", async () => {
  server.use(http.get("*/api/v1/tasks", () => HttpResponse.json({ items: [], next_cursor: null })));
  const onNew = vi.fn();
  renderPage(<TasksPage onNew={onNew} />);
  expect(await screen.findByText("No task yet")).toBeVisible();
  const [button] = await screen.findAllByRole("button", { name: "New task" });
  if (button !== undefined) await userEvent.click(button);
  expect(onNew).toHaveBeenCalledOnce();
});

test("a viewer is offered nothing to submit", async () => {
  server.use(http.get("*/api/v1/users/me", () => HttpResponse.json(aUser({ role: "viewer" }))));
  renderPage(<TasksPage onNew={vi.fn()} />);
  expect(await screen.findByText("running")).toBeVisible();
  expect(screen.queryByRole("button", { name: "New task" })).toBeNull();
});

test("an error shows what happened and its number, and can be tried again", async () => {
  server.use(http.get("*/api/v1/tasks", () => problem(503, "The database is away"), { once: true }));
  renderPage(<TasksPage onNew={vi.fn()} />);
  expect(await screen.findByText(/The database is away/)).toBeVisible();
  expect(screen.getByText(/c0ffee/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("running")).toBeVisible();
});

test("filters are part of the address and of the question", async () => {
  const asked: (string | null)[] = [];
  server.use(
    http.get("*/api/v1/tasks", ({ request }) => {
      asked.push(new URL(request.url).searchParams.get("state"));
      return HttpResponse.json({ items: [], next_cursor: null });
    }),
  );
  const { router } = renderPage(<TasksPage onNew={vi.fn()} />, { path: "/tasks?state=failed" });
  expect(await screen.findByText("No task matches")).toBeVisible();
  await userEvent.click(screen.getByRole("combobox", { name: "State" }));
  await userEvent.click(screen.getByRole("option", { name: "running" }));
  await waitFor(() => {
    expect(asked).toContain("running");
  });
  expect(asked[0]).toBe("failed");
  expect(router.state.location.search).toBe("?state=running");
});
