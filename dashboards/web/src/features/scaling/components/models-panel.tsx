import { Alert, Box, Button, Chip, Dialog, DialogActions, DialogContent, DialogTitle, Stack, TextField, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { EmptyState } from "@/components/empty-state";
import { Panel } from "@/components/panel";
import { TimeAgo } from "@/components/time-ago";
import { modelsQuery, useRollBack } from "@/features/scaling/api/scaling";
import { Answer } from "@/features/scaling/components/answer";
import { LONGEST_REASON, NEWEST } from "@/features/scaling/words";
import { useMay } from "@/hooks/use-current-user";
import type { ForecastModel } from "@/lib/api/types";
import { formatDay, formatName, formatNumber } from "@/lib/format";
import { messageOf } from "@/lib/problem";

/** Kept versions of the forecaster, which of them serves, and the way back to an older one. */
export function ModelsPanel({ name }: { readonly name: string }) {
  const models = useQuery(modelsQuery(name));
  const mayRollBack = useMay("operator");
  const [wanted, setWanted] = useState<string>();
  const isPinned = models.data?.some((model) => model.is_pinned) === true;
  return (
    <Panel
      title="Models"
      detail="Versions of the forecaster, newest first"
      flush
      actions={
        isPinned &&
        mayRollBack && (
          <Button
            size="small"
            variant="outlined"
            onClick={() => {
              setWanted(NEWEST);
            }}
          >
            End the roll-back
          </Button>
        )
      }
    >
      <Answer query={models} failure="The models could not be read" height={120} flush>
        {(data) =>
          data.length === 0 ? (
            <EmptyState isSmall title="No model yet">Until one has learnt enough, persistence and the same time of earlier days speak.</EmptyState>
          ) : (
            <Box component="ol" sx={{ listStyle: "none", m: 0, p: 0 }}>
              {data.map((model) => (
                <ModelRow
                  key={model.version}
                  model={model}
                  onRollBack={
                    mayRollBack && !model.is_serving
                      ? () => {
                          setWanted(model.version);
                        }
                      : undefined
                  }
                />
              ))}
            </Box>
          )
        }
      </Answer>
      {wanted !== undefined && (
        <RollBackDialog
          name={name}
          version={wanted}
          onClose={() => {
            setWanted(undefined);
          }}
        />
      )}
    </Panel>
  );
}

function ModelRow({ model, onRollBack }: { readonly model: ForecastModel; readonly onRollBack: (() => void) | undefined }) {
  return (
    <Box component="li" sx={{ px: { xs: 1.75, sm: 2.25 }, py: 1.25, borderTop: 1, borderColor: "divider" }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1 }}>
        <Typography component="span" sx={{ fontWeight: 600, fontSize: "0.875rem", overflowWrap: "anywhere" }}>
          {model.version}
        </Typography>
        {model.is_serving && <Chip size="small" color="success" variant="outlined" label={model.is_pinned ? "rolled back to" : "serves"} />}
        <Typography component="span" variant="caption" sx={{ color: "text.secondary", ml: "auto" }}>
          fitted <TimeAgo at={model.created_at} />
        </Typography>
        {onRollBack && (
          <Button size="small" aria-label={`Roll back to ${model.version}`} onClick={onRollBack} sx={{ minHeight: 32 }}>
            Roll back
          </Button>
        )}
      </Box>
      <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
        {Object.entries(model.scores)
          .map(([score, value]) => `${formatName(score)} ${formatNumber(value)}`)
          .join(", ")}
      </Typography>
      <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
        Learnt from {formatDay(model.data_from * 1000)} to {formatDay(model.data_to * 1000)}, {model.features.length} features; {model.reason}
      </Typography>
    </Box>
  );
}

interface RollBackDialogProps {
  readonly name: string;
  readonly version: string;
  readonly onClose: () => void;
}

function RollBackDialog({ name, version, onClose }: RollBackDialogProps) {
  const rollBack = useRollBack(name);
  const [reason, setReason] = useState("");
  const isEnd = version === NEWEST;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rollBack.mutate({ version, reason: reason.trim() }, { onSuccess: onClose });
  };
  return (
    <Dialog open onClose={onClose} maxWidth="xs" aria-labelledby="rollback-title">
      <DialogTitle id="rollback-title">{isEnd ? "End the roll-back?" : `Roll back to ${version}?`}</DialogTitle>
      <DialogContent>
        <Stack component="form" id="rollback-form" spacing={2} onSubmit={submit} sx={{ pt: 1 }}>
          <Typography variant="body2" sx={{ color: "text.secondary" }}>
            {isEnd ? "The newest version serves again, and newer ones that prove better after it." : "It serves until the roll-back is ended; no newer one takes its place by itself."}
          </Typography>
          <TextField
            label="Reason"
            autoFocus
            value={reason}
            helperText="Kept with the change"
            slotProps={{ htmlInput: { maxLength: LONGEST_REASON } }}
            onChange={(event) => {
              setReason(event.target.value);
            }}
          />
          {rollBack.isError && <Alert severity="error">{messageOf(rollBack.error)}</Alert>}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Back</Button>
        <Button type="submit" form="rollback-form" variant="contained" loading={rollBack.isPending}>
          {isEnd ? "End it" : "Roll back"}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
