import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import { DatasetsPage } from "@/features/datasets/components/datasets-page";
import { aDataset } from "@/testing/examples";
import { renderPage } from "@/testing/render";
import { problem, server } from "@/testing/server";

test("a refused file is explained with what was found and what is allowed", async () => {
  const errors = [{ field: "line 3", found: "2 values", allowed: "3 values, as in the header" }];
  server.use(http.post("*/api/v1/datasets", () => problem(422, "The CSV is ragged", errors)));
  renderPage(<DatasetsPage />);
  await userEvent.upload(await screen.findByLabelText("Upload CSV", { selector: "input" }), new File(["a,b,c\n1,2\n"], "x.csv", { type: "text/csv" }));
  expect(await screen.findByText(/The CSV is ragged/)).toBeVisible();
  expect(screen.getByText(/3 values, as in the header \(found: 2 values\)/)).toBeVisible();
});

test("a dataset is deleted after a question", async () => {
  let isThere = true;
  server.use(
    http.get("*/api/v1/datasets", () => HttpResponse.json(isThere ? [aDataset()] : [])),
    http.delete("*/api/v1/datasets/d1", () => {
      isThere = false;
      return new HttpResponse(null, { status: 204 });
    }),
  );
  renderPage(<DatasetsPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Delete visitors.csv" }));
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("No dataset yet")).toBeVisible();
  await waitFor(() => {
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});
