import { Alert, Box, Button, TextField } from "@mui/material";
import { type FormEvent, useState } from "react";
import { Panel } from "@/components/panel";
import { type Supposition, useWhatIf } from "@/features/scaling/api/scaling";
import { ExplanationDetails } from "@/features/scaling/components/explanation-details";
import { numberOf } from "@/features/scaling/words";
import type { Workload } from "@/lib/api/types";
import { messageOf, messagesByField } from "@/lib/problem";

const FIELDS = ["load", "ready", "current"] as const;
type Field = (typeof FIELDS)[number];

/** What would be decided now under another load; nothing is changed. */
export function WhatIfPanel({ target }: { readonly target: Workload }) {
  const whatIf = useWhatIf(target.name);
  const [typed, setTyped] = useState<Readonly<Record<Field, string>>>({ load: "", ready: "", current: "" });
  const [found, setFound] = useState<Readonly<Record<string, string>>>({});
  const errors: Readonly<Record<string, string>> = { ...messagesByField(whatIf.error, FIELDS), ...found };
  const labels: Record<Field, string> = { load: `Load, ${target.load_unit}`, ready: "Ready replicas", current: "Desired replicas" };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = suppositionOf(typed);
    if ("errors" in read) {
      setFound(read.errors);
      return;
    }
    whatIf.mutate(read);
  };
  return (
    <Panel title="What if" detail="The decision that a load would lead to now; nothing is changed">
      <Box component="form" noValidate onSubmit={submit} sx={{ display: "grid", gap: 1.5, gridTemplateColumns: "repeat(2, minmax(0, 1fr))", alignItems: "start", pt: 0.5 }}>
        {FIELDS.map((field) => (
          <TextField
            key={field}
            size="small"
            label={labels[field]}
            required={field === "load"}
            value={typed[field]}
            error={field in errors}
            sx={field === "load" ? { gridColumn: "1 / -1" } : {}}
            helperText={errors[field] ?? (field === "load" ? undefined : "Default: now")}
            slotProps={{ htmlInput: { inputMode: field === "load" ? "decimal" : "numeric" } }}
            onChange={(event) => {
              setTyped({ ...typed, [field]: event.target.value });
              setFound({});
              whatIf.reset();
            }}
          />
        ))}
        <Button type="submit" variant="outlined" loading={whatIf.isPending} sx={{ justifySelf: "start" }}>
          Ask
        </Button>
      </Box>
      <Box aria-live="polite" sx={{ mt: whatIf.isIdle ? 0 : 1.5 }}>
        {whatIf.isError && !FIELDS.some((field) => field in errors) && <Alert severity="error">{messageOf(whatIf.error)}</Alert>}
        {whatIf.data !== undefined && <ExplanationDetails explanation={whatIf.data} />}
      </Box>
    </Panel>
  );
}

/** What was typed as numbers, or what is wrong with it by field. */
function suppositionOf(typed: Readonly<Record<Field, string>>): Supposition | { readonly errors: Record<string, string> } {
  const load = numberOf(typed.load);
  const ready = numberOf(typed.ready);
  const current = numberOf(typed.current);
  const errors: Record<string, string> = {};
  if (load === undefined) errors["load"] = "Required";
  else if (!Number.isFinite(load) || load < 0) errors["load"] = `Allowed: a number of at least 0 (found: ${typed.load.trim()})`;
  for (const [field, value] of [["ready", ready], ["current", current]] as const) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      errors[field] = `Allowed: a whole number of at least 0 (found: ${typed[field].trim()})`;
    }
  }
  return load === undefined || Object.keys(errors).length > 0 ? { errors } : { load, ready, current };
}
