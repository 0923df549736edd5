import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import { api, dataOf } from "@/lib/api/client";
import { ProblemError, UnreachableError } from "@/lib/problem";
import { session } from "@/lib/session";
import { aUser } from "@/testing/examples";
import { problem, server } from "@/testing/server";

const me = () => dataOf(api.GET("/api/v1/users/me"));

function onlyToken(good: string) {
  return http.get("*/api/v1/users/me", ({ request }) =>
    request.headers.get("authorization") === `Bearer ${good}` ? HttpResponse.json(aUser()) : problem(401, "The token is over"),
  );
}

test("requests at the same time renew a refused token once, and are repeated with the new one", async () => {
  let refreshes = 0;
  server.use(
    onlyToken("new"),
    http.post("*/api/v1/auth/refresh", () => {
      refreshes += 1;
      return HttpResponse.json({ access_token: "new", expires_in: 900 });
    }),
  );
  const [one, other] = await Promise.all([me(), me()]);
  expect([one.email, other.email]).toEqual(["ada@example.com", "ada@example.com"]);
  expect(refreshes).toBe(1);
});

test("a refused refresh ends the session", async () => {
  server.use(onlyToken("new"), http.post("*/api/v1/auth/refresh", () => problem(401, "There is no session")));
  await expect(me()).rejects.toBeInstanceOf(ProblemError);
  expect(session.state()).toBe("signed-out");
});

test("a platform that is away does not end the session", async () => {
  server.use(onlyToken("new"), http.post("*/api/v1/auth/refresh", () => HttpResponse.error()));
  await expect(me()).rejects.toBeInstanceOf(UnreachableError);
  expect(session.state()).toBe("signed-in");
});

test("a token that is about to end is renewed before it is used", async () => {
  session.begin({ access_token: "old", expires_in: 1 });
  server.use(onlyToken("new"), http.post("*/api/v1/auth/refresh", () => HttpResponse.json({ access_token: "new", expires_in: 900 })));
  expect((await me()).email).toBe("ada@example.com");
});
