import { Chip, Tooltip } from "@mui/material";
import { MODE_MEANS } from "@/features/scaling/words";
import { useNow } from "@/hooks/use-now";
import { SCALING_MODES, type Workload } from "@/lib/api/types";
import { formatAgo } from "@/lib/format";

/** What the autoscaler may do for a target, and whether it is frozen. */
export function ModeChips({ target }: { readonly target: Pick<Workload, "mode" | "control"> }) {
  const now = useNow();
  const mode = SCALING_MODES.find((each) => each === target.mode);
  const freeze = target.control?.freeze;
  return (
    <>
      <Tooltip title={mode === undefined ? "" : MODE_MEANS[mode]}>
        <Chip size="small" variant="outlined" label={target.mode} color={mode === "enforce" ? "success" : "default"} />
      </Tooltip>
      {freeze && (
        <Tooltip title={`By ${freeze.by}: ${freeze.reason}`}>
          <Chip size="small" variant="outlined" color="info" label={`frozen, ends ${formatAgo(Date.parse(freeze.until), now)}`} />
        </Tooltip>
      )}
    </>
  );
}
