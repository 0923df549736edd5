import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle, FormControlLabel, Radio, RadioGroup, Stack, TextField, Typography } from "@mui/material";
import { type FormEvent, useState } from "react";
import { useChangeMode } from "@/features/scaling/api/scaling";
import { LONGEST_REASON, MODE_MEANS } from "@/features/scaling/words";
import { type Control, SCALING_MODES, type ScalingMode, type Workload } from "@/lib/api/types";
import { formatName } from "@/lib/format";
import { messageOf, messagesByField } from "@/lib/problem";

interface ModeDialogProps {
  readonly target: Pick<Workload, "name" | "mode">;
  readonly onClose: () => void;
  readonly onChanged: (control: Control) => void;
}

export function ModeDialog({ target, onClose, onChanged }: ModeDialogProps) {
  const change = useChangeMode(target.name);
  const [mode, setMode] = useState<ScalingMode>(() => SCALING_MODES.find((each) => each === target.mode) ?? "observe");
  const [reason, setReason] = useState("");
  const errors = messagesByField(change.error, ["mode", "reason"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ mode, reason: reason.trim() }, { onSuccess: onChanged });
  };
  return (
    <Dialog open onClose={onClose} maxWidth="xs" aria-labelledby="mode-title">
      <DialogTitle id="mode-title">Mode of {formatName(target.name)}</DialogTitle>
      <DialogContent>
        <Stack component="form" id="mode-form" spacing={2} onSubmit={submit}>
          <RadioGroup
            aria-label="Mode"
            value={mode}
            onChange={(_event, value) => {
              setMode(value as ScalingMode);
            }}
          >
            {SCALING_MODES.map((each) => (
              <FormControlLabel
                key={each}
                value={each}
                control={<Radio />}
                sx={{ alignItems: "flex-start", mb: 0.5 }}
                label={
                  <>
                    <Typography component="span" sx={{ fontWeight: 600, display: "block", pt: 1 }}>
                      {each}
                    </Typography>
                    <Typography component="span" variant="body2" sx={{ color: "text.secondary" }}>
                      {MODE_MEANS[each]}
                    </Typography>
                  </>
                }
              />
            ))}
          </RadioGroup>
          <TextField
            label="Reason"
            value={reason}
            error={"reason" in errors}
            helperText={errors["reason"] ?? "Kept with the change"}
            slotProps={{ htmlInput: { maxLength: LONGEST_REASON } }}
            onChange={(event) => {
              setReason(event.target.value);
            }}
          />
          {change.isError && !("reason" in errors) && <Alert severity="error">{errors["mode"] ?? messageOf(change.error)}</Alert>}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Back</Button>
        <Button type="submit" form="mode-form" variant="contained" loading={change.isPending}>
          Change
        </Button>
      </DialogActions>
    </Dialog>
  );
}
