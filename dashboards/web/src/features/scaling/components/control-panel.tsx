import { Alert, Button, Stack, Typography } from "@mui/material";
import { useState } from "react";
import { Panel } from "@/components/panel";
import { TimeAgo } from "@/components/time-ago";
import { useUnfreeze } from "@/features/scaling/api/scaling";
import { FreezeDialog } from "@/features/scaling/components/freeze-dialog";
import { ModeChips } from "@/features/scaling/components/mode-chips";
import { ModeDialog } from "@/features/scaling/components/mode-dialog";
import { MODE_MEANS } from "@/features/scaling/words";
import { useMay } from "@/hooks/use-current-user";
import { type Control, SCALING_MODES, type Workload } from "@/lib/api/types";
import { formatMoment } from "@/lib/format";
import { messageOf } from "@/lib/problem";

type Open = "mode" | "freeze" | null;

/** The mode and the freeze of a target, who set them, and for operators the way to change them. */
export function ControlPanel({ target }: { readonly target: Workload }) {
  const mayChange = useMay("operator");
  const unfreeze = useUnfreeze(target.name);
  const [open, setOpen] = useState<Open>(null);
  const [changed, setChanged] = useState<Control>();
  const mode = SCALING_MODES.find((each) => each === target.mode);
  const { control } = target;
  const freeze = control?.freeze;
  const close = () => {
    setOpen(null);
  };
  const take = (answer: Control) => {
    setChanged(answer);
    close();
  };
  return (
    <Panel title="Mode" actions={<ModeChips target={target} />}>
      <Stack spacing={1.25}>
        <Typography variant="body2">{mode === undefined ? "" : MODE_MEANS[mode]}</Typography>
        {control && (
          <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
            Changed <TimeAgo at={control.changed_at} /> by {control.changed_by}: {control.reason}
            {control.configured !== control.mode && ` (the settings say ${control.configured})`}
          </Typography>
        )}
        {freeze && (
          <Alert severity="info" variant="outlined">
            Frozen until {formatMoment(freeze.until)} by {freeze.by}: {freeze.reason}. Nothing is scaled in and the forecast is set aside; the reactive
            path may still scale out.
          </Alert>
        )}
        {changed?.kept === false && (
          <Alert severity="warning">The autoscaler's database does not answer: the change holds now, and is kept as soon as that does.</Alert>
        )}
        {unfreeze.isError && <Alert severity="error">{messageOf(unfreeze.error)}</Alert>}
        {mayChange ? (
          <Stack direction="row" spacing={1} useFlexGap sx={{ flexWrap: "wrap" }}>
            <Button
              variant="outlined"
              onClick={() => {
                setOpen("mode");
              }}
            >
              Change mode
            </Button>
            {freeze ? (
              <Button
                variant="outlined"
                loading={unfreeze.isPending}
                onClick={() => {
                  unfreeze.mutate(undefined, { onSuccess: setChanged });
                }}
              >
                Unfreeze
              </Button>
            ) : (
              <Button
                variant="outlined"
                onClick={() => {
                  setOpen("freeze");
                }}
              >
                Freeze
              </Button>
            )}
          </Stack>
        ) : (
          <Typography variant="body2" sx={{ color: "text.secondary" }}>
            Operators may change it.
          </Typography>
        )}
      </Stack>
      {open === "mode" && <ModeDialog target={target} onClose={close} onChanged={take} />}
      {open === "freeze" && <FreezeDialog name={target.name} onClose={close} onChanged={take} />}
    </Panel>
  );
}
