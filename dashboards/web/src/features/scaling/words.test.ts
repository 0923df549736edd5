import { expect, test } from "vitest";
import { durationOf, numberOf, severityOf, toneOf } from "@/features/scaling/words";

test.each([
  ["90s", 90],
  ["30m", 1_800],
  ["1h30m", 5_400],
  ["1 D", 86_400],
  ["0.5h", 1_800],
])("%s is %d seconds", (text, seconds) => {
  expect(durationOf(text)).toBe(seconds);
});

test.each(["", "30", "m", "0s", "-5m", "1w", "1h x"])("%s is no duration", (text) => {
  expect(durationOf(text)).toBeUndefined();
});

test("nothing typed is no number, and what is none is not taken for one", () => {
  expect(numberOf(" ")).toBeUndefined();
  expect(numberOf("12.5")).toBe(12.5);
  expect(numberOf("much")).toBeNaN();
});

test("what takes the forecast or the action away is an error, and what nobody named warns", () => {
  expect(severityOf({ kind: "no_metrics" })).toBe("error");
  expect(severityOf({ kind: "frozen" })).toBe("info");
  expect(severityOf({ kind: "a_new_kind" })).toBe("warning");
});

test("a decision that left too few replicas stands out, a good one as well", () => {
  expect(["good", "too few", "late", "too many", "not needed"].map(toneOf)).toEqual(["success", "error", "warning", "default", "default"]);
});
