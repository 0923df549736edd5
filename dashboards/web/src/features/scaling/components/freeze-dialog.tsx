import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack, TextField, Typography } from "@mui/material";
import { type FormEvent, useState } from "react";
import { useFreeze } from "@/features/scaling/api/scaling";
import { durationOf, LONGEST_FREEZE_S, LONGEST_REASON } from "@/features/scaling/words";
import type { Control } from "@/lib/api/types";
import { formatName } from "@/lib/format";
import { messageOf, messagesByField } from "@/lib/problem";

interface FreezeDialogProps {
  readonly name: string;
  readonly onClose: () => void;
  readonly onChanged: (control: Control) => void;
}

export function FreezeDialog({ name, onClose, onChanged }: FreezeDialogProps) {
  const freeze = useFreeze(name);
  const [forText, setForText] = useState("30m");
  const [reason, setReason] = useState("");
  const [found, setFound] = useState<Readonly<Record<string, string>>>({});
  const errors: Readonly<Record<string, string>> = { ...messagesByField(freeze.error, ["for_s", "reason"]), ...found };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const forS = durationOf(forText);
    const wrong = problemsOf(forText, forS, reason);
    setFound(wrong);
    if (forS === undefined || Object.keys(wrong).length > 0) return;
    freeze.mutate({ for_s: forS, reason: reason.trim() }, { onSuccess: onChanged });
  };
  return (
    <Dialog open onClose={onClose} maxWidth="xs" aria-labelledby="freeze-title">
      <DialogTitle id="freeze-title">Freeze {formatName(name)}</DialogTitle>
      <DialogContent>
        <Stack component="form" id="freeze-form" noValidate spacing={2} onSubmit={submit} sx={{ pt: 1 }}>
          <Typography variant="body2" sx={{ color: "text.secondary" }}>
            Until it ends nothing is scaled in and the forecast is set aside. The reactive path may still scale out.
          </Typography>
          <TextField
            label="For"
            required
            autoFocus
            value={forText}
            error={"for_s" in errors}
            helperText={errors["for_s"] ?? "Such as 30m, 2h or 1d; at most 7d"}
            onChange={(event) => {
              setForText(event.target.value);
              setFound({});
            }}
          />
          <TextField
            label="Reason"
            required
            value={reason}
            error={"reason" in errors}
            helperText={errors["reason"] ?? "Kept with the change"}
            slotProps={{ htmlInput: { maxLength: LONGEST_REASON } }}
            onChange={(event) => {
              setReason(event.target.value);
              setFound({});
            }}
          />
          {freeze.isError && Object.keys(errors).length === 0 && <Alert severity="error">{messageOf(freeze.error)}</Alert>}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Back</Button>
        <Button type="submit" form="freeze-form" variant="contained" loading={freeze.isPending}>
          Freeze
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function problemsOf(text: string, seconds: number | undefined, reason: string): Record<string, string> {
  const problems: Record<string, string> = {};
  if (seconds === undefined) problems["for_s"] = `Allowed: such as 90s, 30m, 2h, 1h30m or 1d (found: ${text.trim() || "nothing"})`;
  else if (seconds > LONGEST_FREEZE_S) problems["for_s"] = `Allowed: at most 7d (found: ${text.trim()})`;
  if (reason.trim() === "") problems["reason"] = "Required";
  return problems;
}
