import { expect, test } from "vitest";
import { formatAgo, formatBytes, formatName, formatNumber, formatRatio, formatSeconds } from "@/lib/format";

test.each([
  [undefined, "–"],
  [NaN, "–"],
  [0, "0"],
  [-0.0004, "−0.0004"],
  [0.00001234, "1.2e−5"],
  [1.23456, "1.23"],
  [123.7, "124"],
  [17_544, "17.5K"],
])("the number %s reads %s", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test.each([
  [0, "0 s"],
  [0.0123, "12.3 ms"],
  [0.0000042, "4.2 µs"],
  [61, "1 min 1 s"],
  [3_600, "1 h"],
  [90_000, "1 d 1 h"],
])("%s seconds read %s", (value, text) => {
  expect(formatSeconds(value)).toBe(text);
});

test.each([
  [0, "0 %"],
  [0.00005, "< 0.01 %"],
  [0.0123, "1.2 %"],
  [0.456, "45.6 %"],
])("the ratio %s reads %s", (value, text) => {
  expect(formatRatio(value)).toBe(text);
});

test("bytes and names read as people write them", () => {
  expect(formatBytes(1_490_560)).toBe("1.49 MB");
  expect(formatBytes(0)).toBe("0 B");
  expect(formatName("dataset.profile")).toBe("Dataset profile");
  expect(formatName("api")).toBe("API");
});

test("times are told from now, in both directions", () => {
  expect(formatAgo(0, 2_000)).toBe("just now");
  expect(formatAgo(0, 120_000)).toBe("2 min. ago");
  expect(formatAgo(300_000, 0)).toBe("in 5 min.");
});
