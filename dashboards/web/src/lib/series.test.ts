import { expect, test } from "vitest";
import { aligned, lastValue, withHoles } from "@/lib/series";

test("lines with different times share one rising axis", () => {
  const table = aligned([
    [[10, 1], [30, 3]],
    [[20, 2], [40, null]],
  ]);
  expect(table).toEqual([
    [10, 20, 30, 40],
    [1, undefined, 3, undefined],
    [undefined, 2, undefined, null],
  ]);
});

test("a silence becomes a hole, so that no line is drawn across it", () => {
  expect(withHoles([[0, 1], [10, 1], [20, 1], [90, 1], [100, 1]])).toEqual([[0, 1], [10, 1], [20, 1], [30, null], [90, 1], [100, 1]]);
});

test("the last value is the newest that was measured, not later than asked", () => {
  expect(lastValue(undefined)).toBeUndefined();
  expect(lastValue([])).toBeUndefined();
  expect(lastValue([[1, 5], [2, 6], [3, null]])).toBe(6);
  expect(lastValue([[1, 5], [2, 6]], 1)).toBe(5);
});
