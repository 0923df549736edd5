import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";
import { SubmitTask } from "@/app/routes/submit-task";
import { aDataset, aTask } from "@/testing/examples";
import { renderPage } from "@/testing/render";
import { problem, server } from "@/testing/server";

async function chooseType(name: string): Promise<void> {
  await userEvent.click(await screen.findByRole("combobox", { name: "Type" }));
  await userEvent.click(screen.getByRole("option", { name }));
}

test("a task goes out with typed parameters and an idempotency key", async () => {
  const sent: { body: unknown; key: string | null }[] = [];
  server.use(
    http.post("*/api/v1/tasks", async ({ request }) => {
      sent.push({ body: await request.json(), key: request.headers.get("idempotency-key") });
      return HttpResponse.json(aTask({ state: "queued" }), { status: 202 });
    }),
  );
  const onSubmitted = vi.fn();
  renderPage(<SubmitTask onClose={vi.fn()} onSubmitted={onSubmitted} />);
  const seconds = await screen.findByLabelText("Seconds");
  await userEvent.clear(seconds);
  await userEvent.type(seconds, "2.5");
  await userEvent.click(screen.getByRole("button", { name: "Submit" }));
  await waitFor(() => {
    expect(onSubmitted).toHaveBeenCalledOnce();
  });
  expect(sent[0]?.body).toEqual({ type: "load.synthetic", parameters: { seconds: 2.5, mode: "wait" } });
  expect(sent[0]?.key).toMatch(/^[0-9a-f]{32}$/);
});

test("a second attempt after a lost answer has the same key, so that it makes no second task", async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.post("*/api/v1/tasks", ({ request }) => {
      keys.push(request.headers.get("idempotency-key"));
      return keys.length === 1 ? HttpResponse.error() : HttpResponse.json(aTask(), { status: 202 });
    }),
  );
  const onSubmitted = vi.fn();
  renderPage(<SubmitTask onClose={vi.fn()} onSubmitted={onSubmitted} />);
  await userEvent.click(await screen.findByRole("button", { name: "Submit" }));
  expect(await screen.findByText(/does not answer/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Submit" }));
  await waitFor(() => {
    expect(onSubmitted).toHaveBeenCalledOnce();
  });
  expect(keys[0]).toBe(keys[1]);
});

test("what is missing is said before anything is sent", async () => {
  renderPage(<SubmitTask onClose={vi.fn()} onSubmitted={vi.fn()} />);
  await chooseType("Train a model");
  await userEvent.click(screen.getByRole("button", { name: "Submit" }));
  expect(await screen.findAllByText("Required")).toHaveLength(2);
});

test("what the platform refuses is said at its field", async () => {
  const errors = [{ field: "parameters.seconds", found: 1, allowed: "at least 2" }];
  server.use(http.post("*/api/v1/tasks", () => problem(422, "seconds: too short", errors)));
  renderPage(<SubmitTask onClose={vi.fn()} onSubmitted={vi.fn()} />);
  await userEvent.click(await screen.findByRole("button", { name: "Submit" }));
  expect(await screen.findByText("Allowed: at least 2 (found: 1)")).toBeVisible();
});

test("a file that is uploaded on the spot is chosen, and its columns are proposed", async () => {
  const uploaded = aDataset({ id: "d2", name: "new.csv", columns: ["day", "sales"] });
  let isUploaded = false;
  server.use(
    http.post("*/api/v1/datasets", () => {
      isUploaded = true;
      return HttpResponse.json(uploaded, { status: 201 });
    }),
    http.get("*/api/v1/datasets", () => HttpResponse.json(isUploaded ? [uploaded, aDataset()] : [aDataset()])),
  );
  renderPage(<SubmitTask onClose={vi.fn()} onSubmitted={vi.fn()} />);
  await chooseType("Train a model");
  await userEvent.upload(screen.getByLabelText("Upload CSV", { selector: "input" }), new File(["day,sales\n1,2\n"], "new.csv", { type: "text/csv" }));
  expect(await screen.findByRole("combobox", { name: "Dataset" })).toHaveTextContent("new.csv");
  await userEvent.click(screen.getByLabelText(/^Target/));
  expect(await screen.findByRole("option", { name: "sales" })).toBeVisible();
});
