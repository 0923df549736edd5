import { expect, test } from "vitest";
import { ownPath } from "@/app/routes/signed-in-elsewhere";

test.each([
  [null, "/"],
  ["/tasks?state=failed", "/tasks?state=failed"],
  ["//elsewhere.example", "/"],
  ["/\\elsewhere.example", "/"],
  ["https://elsewhere.example", "/"],
])("after signing in, %s leads to %s", (from, path) => {
  expect(ownPath(from)).toBe(path);
});
