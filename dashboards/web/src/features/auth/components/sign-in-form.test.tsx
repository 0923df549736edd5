import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import { RegisterForm } from "@/features/auth/components/register-form";
import { SignInForm } from "@/features/auth/components/sign-in-form";
import { session } from "@/lib/session";
import { renderPage } from "@/testing/render";
import { problem, server } from "@/testing/server";

async function fill(label: RegExp, text: string): Promise<void> {
  await userEvent.type(screen.getByLabelText(label), text);
}

test("a wrong password is said in one sentence, and nobody is signed in", async () => {
  session.end();
  server.use(http.post("*/api/v1/auth/sign-in", () => problem(401, "Refused")));
  renderPage(<SignInForm />);
  await fill(/Email/, "ada@example.com");
  await fill(/Password/, "wrong");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText("Email or password is wrong.")).toBeVisible();
  expect(session.state()).toBe("signed-out");
});

test("who registers is signed in", async () => {
  session.end();
  server.use(
    http.post("*/api/v1/auth/register", () => HttpResponse.json({ id: "u2" }, { status: 201 })),
    http.post("*/api/v1/auth/sign-in", () => HttpResponse.json({ access_token: "a", token_type: "bearer", expires_in: 900 })),
  );
  renderPage(<RegisterForm />);
  await fill(/Email/, "grace@example.com");
  await fill(/Password/, "correct horse");
  await userEvent.click(screen.getByRole("button", { name: "Register" }));
  await expect.poll(() => session.state()).toBe("signed-in");
});

test("a refused registration says so at the field", async () => {
  const errors = [{ field: "body.email", found: "x", allowed: "an address that is not registered yet" }];
  server.use(http.post("*/api/v1/auth/register", () => problem(409, "Conflict", errors)));
  renderPage(<RegisterForm />);
  await fill(/Email/, "x@example.com");
  await fill(/Password/, "correct horse");
  await userEvent.click(screen.getByRole("button", { name: "Register" }));
  expect(await screen.findByText(/an address that is not registered yet/)).toBeVisible();
});
