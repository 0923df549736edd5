import { Alert, DialogContent, MenuItem, Stack, TextField } from "@mui/material";
import { type ComponentType, type FormEvent, type ReactNode, useState } from "react";
import { useSubmitTask } from "@/features/tasks/api/tasks";
import { ParameterInput } from "@/features/tasks/components/parameter-input";
import { fieldsOf, type FieldValue, type FieldValues, type ParameterField, parametersOf } from "@/features/tasks/parameter-fields";
import type { Dataset, Task, TaskType } from "@/lib/api/types";
import { messageOf, messagesByField } from "@/lib/problem";
import { randomKey } from "@/lib/random-key";

export type DatasetInput = ComponentType<{
  readonly label: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (dataset: Dataset) => void;
}>;

interface SubmitFormProps {
  readonly id: string;
  readonly types: readonly TaskType[];
  readonly DatasetInput: DatasetInput;
  readonly onSubmitted: (task: Task) => void;
  readonly renderActions: (isPending: boolean) => ReactNode;
}

export function SubmitForm({ id, types, DatasetInput, onSubmitted, renderActions }: SubmitFormProps) {
  const [type, setType] = useState(types[0]?.type ?? "");
  const [values, setValues] = useState<FieldValues>({});
  const [columns, setColumns] = useState<readonly string[]>([]);
  const [found, setFound] = useState<Readonly<Record<string, string>>>({});
  const [key, setKey] = useState(randomKey);
  const submission = useSubmitTask();

  const chosen = types.find((each) => each.type === type);
  const fields = chosen === undefined ? [] : fieldsOf(chosen.parameters);
  const refused = messagesByField(submission.error, fields.map(({ name }) => name));
  const errors = { ...refused, ...found };

  const change = (name: string, value: FieldValue) => {
    setValues((present) => ({ ...present, [name]: value }));
    setFound({});
    // Another content is another task: only a repeated attempt keeps its key.
    setKey(randomKey());
    submission.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const outcome = parametersOf(fields, values);
    if ("errors" in outcome) {
      setFound(outcome.errors);
      return;
    }
    submission.mutate({ type, parameters: outcome.parameters, key }, { onSuccess: onSubmitted });
  };

  return (
    <>
      <DialogContent>
        <Stack component="form" id={id} noValidate spacing={2.25} onSubmit={submit} sx={{ pt: 1 }}>
          <TextField
            select
            fullWidth
            label="Type"
            value={type}
            helperText={chosen?.description}
            onChange={(event) => {
              setType(event.target.value);
              setFound({});
              setKey(randomKey());
              submission.reset();
            }}
          >
            {types.map((each) => (
              <MenuItem key={each.type} value={each.type}>
                {each.title}
              </MenuItem>
            ))}
          </TextField>
          {fields.map((field) => (
            <FieldRow
              key={`${type} ${field.name}`}
              field={field}
              value={values[field.name] ?? field.initial}
              error={errors[field.name]}
              columns={columns}
              DatasetInput={DatasetInput}
              onChange={(value) => {
                change(field.name, value);
              }}
              onDataset={(dataset) => {
                setColumns(dataset.columns);
              }}
            />
          ))}
          {submission.isError && Object.keys(refused).length === 0 && <Alert severity="error">{messageOf(submission.error)}</Alert>}
        </Stack>
      </DialogContent>
      {renderActions(submission.isPending)}
    </>
  );
}

interface FieldRowProps {
  readonly field: ParameterField;
  readonly value: FieldValue;
  readonly error: string | undefined;
  readonly columns: readonly string[];
  readonly DatasetInput: DatasetInput;
  readonly onChange: (value: FieldValue) => void;
  readonly onDataset: (dataset: Dataset) => void;
}

function FieldRow({ field, value, error, columns, DatasetInput, onChange, onDataset }: FieldRowProps) {
  if (field.kind !== "dataset") {
    return <ParameterInput field={field} value={value} error={error} columns={columns} onChange={onChange} />;
  }
  return (
    <DatasetInput
      label={field.label}
      value={String(value)}
      error={error}
      onChange={(dataset) => {
        onChange(dataset.id);
        onDataset(dataset);
      }}
    />
  );
}
