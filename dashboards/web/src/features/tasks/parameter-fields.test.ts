import { expect, test } from "vitest";
import { fieldsOf, parametersOf } from "@/features/tasks/parameter-fields";

const SCHEMA = {
  properties: {
    dataset_id: { type: "string", format: "uuid", "x-reference": "dataset" },
    target: { type: "string" },
    kind: { $ref: "#/$defs/Kind", default: "auto" },
    folds: { type: "integer", minimum: 2, maximum: 10, default: 5 },
    share: { anyOf: [{ type: "number", minimum: 0 }, { type: "null" }], default: null },
    shuffle: { type: "boolean", default: true },
    weights: { type: "object" },
  },
  required: ["dataset_id", "target"],
  $defs: { Kind: { enum: ["auto", "regression"], type: "string" } },
};

test("every kind of parameter becomes its kind of field", () => {
  const kinds = fieldsOf(SCHEMA).map(({ name, kind, label, initial }) => [name, kind, label, initial]);
  expect(kinds).toEqual([
    ["dataset_id", "dataset", "Dataset", ""],
    ["target", "column", "Target", ""],
    ["kind", "choice", "Kind", "auto"],
    ["folds", "number", "Folds", "5"],
    ["share", "number", "Share", ""],
    ["shuffle", "boolean", "Shuffle", true],
    ["weights", "json", "Weights", ""],
  ]);
});

test("values are sent with their types, and empty ones are left to the platform's defaults", () => {
  const outcome = parametersOf(fieldsOf(SCHEMA), { dataset_id: "d1", target: "users", share: "0.5", shuffle: false, weights: '{"a": 1}' });
  expect(outcome).toEqual({
    parameters: { dataset_id: "d1", target: "users", kind: "auto", folds: 5, share: 0.5, shuffle: false, weights: { a: 1 } },
  });
});

test("what is missing or out of range is said per field, before anything is sent", () => {
  const outcome = parametersOf(fieldsOf(SCHEMA), { folds: "2.5", share: "-1", weights: "{" });
  expect(outcome).toEqual({
    errors: {
      dataset_id: "Required",
      target: "Required",
      folds: "Allowed: a whole number from 2 to 10",
      share: "Allowed: a number of at least 0",
      weights: "Allowed: JSON",
    },
  });
});

test("a type without parameters has an empty form", () => {
  expect(fieldsOf({})).toEqual([]);
  expect(parametersOf([], {})).toEqual({ parameters: {} });
});
