/** The parameters of a task type, from its JSON schema, as the fields of a form. */

export type FieldValue = string | boolean;
export type FieldValues = Readonly<Record<string, FieldValue>>;

interface FieldBase {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly isRequired: boolean;
  readonly initial: FieldValue;
}

export type ParameterField =
  | (FieldBase & { readonly kind: "text"; readonly maxLength: number | undefined })
  | (FieldBase & { readonly kind: "column"; readonly datasetField: string })
  | (FieldBase & { readonly kind: "number"; readonly isWhole: boolean; readonly minimum: number | undefined; readonly maximum: number | undefined })
  | (FieldBase & { readonly kind: "choice"; readonly options: readonly string[] })
  | (FieldBase & { readonly kind: "boolean" })
  | (FieldBase & { readonly kind: "dataset" })
  | (FieldBase & { readonly kind: "json" });

export type Parsed =
  | { readonly parameters: Record<string, unknown> }
  | { readonly errors: Readonly<Record<string, string>> };

type Schema = Readonly<Record<string, unknown>>;

/** Text parameters with these names mean a column of the dataset beside them. */
const COLUMN_NAMES = new Set(["target", "column"]);

export function fieldsOf(schema: Schema): ParameterField[] {
  const properties = asSchema(schema["properties"]) ?? {};
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  const datasetField = Object.keys(properties).find((name) => resolved(properties[name], schema)["x-reference"] === "dataset");
  return Object.entries(properties).map(([name, property]) =>
    fieldOf(name, resolved(property, schema), { isRequired: required.has(name), datasetField }),
  );
}

/** What the API is sent: empty fields are left out, so that its defaults hold. */
export function parametersOf(fields: readonly ParameterField[], values: FieldValues): Parsed {
  const parameters: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  for (const field of fields) {
    const value = values[field.name] ?? field.initial;
    if (value === "") {
      if (field.isRequired) errors[field.name] = "Required";
      continue;
    }
    const outcome = parsed(field, value);
    if ("error" in outcome) errors[field.name] = outcome.error;
    else parameters[field.name] = outcome.value;
  }
  return Object.keys(errors).length > 0 ? { errors } : { parameters };
}

function fieldOf(
  name: string,
  schema: Schema,
  { isRequired, datasetField }: { isRequired: boolean; datasetField: string | undefined },
): ParameterField {
  const preset = schema["default"];
  const base = {
    name,
    label: labelOf(name),
    help: typeof schema["description"] === "string" ? schema["description"] : "",
    isRequired,
    initial: textOf(preset),
  };
  if (schema["x-reference"] === "dataset") return { ...base, kind: "dataset" };
  if (Array.isArray(schema["enum"])) return { ...base, kind: "choice", options: schema["enum"].map(String) };
  switch (schema["type"]) {
    case "boolean":
      return { ...base, kind: "boolean", initial: preset === true };
    case "integer":
    case "number":
      return {
        ...base,
        kind: "number",
        isWhole: schema["type"] === "integer",
        minimum: numberOf(schema["minimum"]),
        maximum: numberOf(schema["maximum"]),
      };
    case "string":
      return datasetField !== undefined && COLUMN_NAMES.has(name)
        ? { ...base, kind: "column", datasetField }
        : { ...base, kind: "text", maxLength: numberOf(schema["maxLength"]) };
    default:
      return { ...base, kind: "json", initial: preset === undefined || preset === null ? "" : JSON.stringify(preset) };
  }
}

function parsed(field: ParameterField, value: FieldValue): { value: unknown } | { error: string } {
  switch (field.kind) {
    case "number": {
      const number = Number(value);
      const allowed = rangeSentence(field);
      if (!Number.isFinite(number) || (field.isWhole && !Number.isInteger(number))) return { error: allowed };
      const isOutside = number < (field.minimum ?? -Infinity) || number > (field.maximum ?? Infinity);
      return isOutside ? { error: allowed } : { value: number };
    }
    case "json":
      try {
        return { value: JSON.parse(String(value)) as unknown };
      } catch {
        return { error: "Allowed: JSON" };
      }
    case "text":
    case "column":
    case "choice":
    case "boolean":
    case "dataset":
      return { value };
  }
}

export function rangeSentence({
  isWhole,
  minimum,
  maximum,
}: {
  readonly isWhole: boolean;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}): string {
  const noun = isWhole ? "whole number" : "number";
  if (minimum !== undefined && maximum !== undefined) return `Allowed: a ${noun} from ${String(minimum)} to ${String(maximum)}`;
  if (minimum !== undefined) return `Allowed: a ${noun} of at least ${String(minimum)}`;
  if (maximum !== undefined) return `Allowed: a ${noun} of at most ${String(maximum)}`;
  return `Allowed: a ${noun}`;
}

/** Follows a reference, and takes the one that is not null of two. */
function resolved(property: unknown, root: Schema): Schema {
  const schema = asSchema(property) ?? {};
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    const name = reference.split("/").at(-1) ?? "";
    return { ...asSchema(asSchema(root["$defs"])?.[name]), ...schema };
  }
  if (Array.isArray(schema["anyOf"])) {
    const choices = schema["anyOf"].map((choice: unknown) => resolved(choice, root)).filter(({ type }) => type !== "null");
    const only = choices[0];
    if (choices.length === 1 && only !== undefined) return { ...only, ...schema };
  }
  return schema;
}

function labelOf(name: string): string {
  const words = name.replace(/_id$/, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function asSchema(value: unknown): Schema | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function textOf(preset: unknown): string {
  if (preset === undefined || preset === null) return "";
  return typeof preset === "string" ? preset : JSON.stringify(preset);
}
