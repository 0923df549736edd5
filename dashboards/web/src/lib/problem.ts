/** What can go wrong between the browser and the API, as values a view can show. */

export interface ProblemField {
  /** Dotted path of the field, as the API names it. */
  readonly field: string;
  readonly found: unknown;
  readonly allowed: unknown;
}

/** The API answered with problem details (RFC 9457), or with a bare status. */
export class ProblemError extends Error {
  readonly status: number;
  readonly title: string;
  readonly fields: readonly ProblemField[];
  readonly correlationId: string | undefined;

  constructor(facts: {
    status: number;
    title: string;
    detail?: string | undefined;
    fields?: readonly ProblemField[];
    correlationId?: string | undefined;
  }) {
    super(facts.detail ?? facts.title);
    this.name = "ProblemError";
    this.status = facts.status;
    this.title = facts.title;
    this.fields = facts.fields ?? [];
    this.correlationId = facts.correlationId;
  }
}

/** No answer arrived: the platform is away or the network is. */
export class UnreachableError extends Error {
  constructor(options?: ErrorOptions) {
    super("The platform does not answer. Check the connection; this page tries again by itself.", options);
    this.name = "UnreachableError";
  }
}

export async function problemFrom(response: Response): Promise<ProblemError> {
  const text = await response.text().catch(() => "");
  return problemOf(response.status, text, response.headers.get("x-request-id") ?? undefined);
}

/** Problem details from the text of an answer, whatever it holds. */
export function problemOf(status: number, text: string, correlationId?: string): ProblemError {
  const body = jsonObject(text);
  const title = stringOf(body?.["title"]) ?? titleFor(status);
  return new ProblemError({
    status,
    title,
    detail: stringOf(body?.["detail"]),
    fields: fieldsOf(body?.["errors"]),
    correlationId: stringOf(body?.["correlation_id"]) ?? correlationId,
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}

/** The sentence for a field: what is allowed, and what was found. */
export function fieldMessage(problem: ProblemField): string {
  const allowed = textOf(problem.allowed);
  const found = textOf(problem.found);
  if (allowed === "") return found === "" ? "Not valid." : `Not valid: ${found}`;
  return found === "" ? `Allowed: ${allowed}` : `Allowed: ${allowed} (found: ${found})`;
}

/** Messages by field; a field is known by the end of its path (`body.parameters.target` is `target`). */
export function messagesByField(error: unknown, names: readonly string[]): Record<string, string> {
  if (!(error instanceof ProblemError)) return {};
  const messages: Record<string, string> = {};
  for (const problem of error.fields) {
    const steps = problem.field.split(".");
    const name = names.find((candidate) => steps.includes(candidate));
    if (name !== undefined && !(name in messages)) messages[name] = fieldMessage(problem);
  }
  return messages;
}

function titleFor(status: number): string {
  if (status === 403) return "Your role does not allow this.";
  if (status === 404) return "This does not exist (any more).";
  if (status === 413) return "The file is larger than the platform accepts.";
  if (status === 429 || status === 503) return "The platform is busy. Try again in a moment.";
  if (status >= 500) return "The platform failed to answer.";
  return `The platform refused the request (status ${String(status)}).`;
}

function fieldsOf(value: unknown): ProblemField[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null || !("field" in entry)) return [];
    const { field } = entry;
    if (typeof field !== "string") return [];
    return [
      {
        field,
        found: "found" in entry ? entry.found : undefined,
        allowed: "allowed" in entry ? entry.allowed : undefined,
      },
    ];
  });
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(", ");
  return JSON.stringify(value);
}
