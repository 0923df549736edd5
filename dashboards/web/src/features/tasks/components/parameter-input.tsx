import { Autocomplete, Checkbox, FormControlLabel, FormHelperText, MenuItem, TextField } from "@mui/material";
import { type FieldValue, type ParameterField, rangeSentence } from "@/features/tasks/parameter-fields";

interface ParameterInputProps {
  readonly field: Exclude<ParameterField, { kind: "dataset" }>;
  readonly value: FieldValue;
  readonly error: string | undefined;
  /** Columns of the chosen dataset, for the fields that name one. */
  readonly columns: readonly string[];
  readonly onChange: (value: FieldValue) => void;
}

export function ParameterInput({ field, value, error, columns, onChange }: ParameterInputProps) {
  const shared = {
    label: field.label,
    required: field.isRequired,
    fullWidth: true,
    error: error !== undefined,
    helperText: error ?? field.help,
  };
  switch (field.kind) {
    case "text":
      return (
        <TextField
          {...shared}
          value={value}
          slotProps={{ htmlInput: { maxLength: field.maxLength } }}
          onChange={(event) => {
            onChange(event.target.value);
          }}
        />
      );
    case "json":
      return (
        <TextField
          {...shared}
          multiline
          minRows={2}
          value={value}
          helperText={error ?? `${field.help} (JSON)`}
          onChange={(event) => {
            onChange(event.target.value);
          }}
        />
      );
    case "column":
      return (
        <Autocomplete
          freeSolo
          autoSelect
          options={columns}
          inputValue={String(value)}
          onInputChange={(_event, text) => {
            onChange(text);
          }}
          renderInput={(input) => <TextField {...input} {...shared} />}
        />
      );
    case "number":
      return (
        <TextField
          {...shared}
          value={value}
          helperText={error ?? (field.help === "" ? rangeSentence(field) : field.help)}
          slotProps={{ htmlInput: { inputMode: field.isWhole ? "numeric" : "decimal" } }}
          onChange={(event) => {
            onChange(event.target.value);
          }}
        />
      );
    case "choice":
      return (
        <TextField
          {...shared}
          select
          value={value}
          onChange={(event) => {
            onChange(event.target.value);
          }}
        >
          {field.options.map((option) => (
            <MenuItem key={option} value={option}>
              {option}
            </MenuItem>
          ))}
        </TextField>
      );
    case "boolean":
      return (
        <div>
          <FormControlLabel
            label={field.label}
            control={
              <Checkbox
                checked={value === true}
                onChange={(_event, isChecked) => {
                  onChange(isChecked);
                }}
              />
            }
          />
          <FormHelperText error={error !== undefined}>{error ?? field.help}</FormHelperText>
        </div>
      );
  }
}
