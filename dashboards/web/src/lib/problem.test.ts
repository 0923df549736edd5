import { expect, test } from "vitest";
import { fieldMessage, messagesByField, problemOf } from "@/lib/problem";

test("problem details become an error with its fields and its number", () => {
  const body = {
    title: "A value is not allowed",
    status: 422,
    detail: "folds: too many",
    errors: [{ field: "body.parameters.folds", found: 99, allowed: "at most 10" }],
    correlation_id: "c0ffee",
  };
  const problem = problemOf(422, JSON.stringify(body));
  expect(problem.message).toBe("folds: too many");
  expect(problem.correlationId).toBe("c0ffee");
  expect(messagesByField(problem, ["folds", "target"])).toEqual({ folds: "Allowed: at most 10 (found: 99)" });
});

test.each([
  [502, "<html>bad gateway</html>", "The platform failed to answer."],
  [403, "", "Your role does not allow this."],
  [413, "[]", "The file is larger than the platform accepts."],
  [503, "null", "The platform is busy. Try again in a moment."],
])("an answer of %i without details still says what happened", (status, text, sentence) => {
  expect(problemOf(status, text).message).toBe(sentence);
});

test("a field without bounds still has a sentence", () => {
  expect(fieldMessage({ field: "a", found: undefined, allowed: undefined })).toBe("Not valid.");
  expect(fieldMessage({ field: "a", found: 3, allowed: null })).toBe("Not valid: 3");
});
