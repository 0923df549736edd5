import { Alert, Box, Stack } from "@mui/material";
import { TimeAgo } from "@/components/time-ago";
import { severityOf } from "@/features/scaling/words";
import type { Condition, ScalerCheck } from "@/lib/api/types";
import { formatName } from "@/lib/format";

/** What is not as usual with a target, what it means and since when. */
export function Conditions({ conditions }: { readonly conditions: readonly Condition[] }) {
  if (conditions.length === 0) return null;
  return (
    <Stack component="ul" spacing={1} aria-label="Not as usual" sx={{ listStyle: "none", m: 0, p: 0 }}>
      {conditions.map((condition) => (
        <li key={condition.kind}>
          <Alert role="presentation" severity={severityOf(condition)} variant="outlined" sx={{ bgcolor: "background.paper", py: 0.25, overflowWrap: "anywhere" }}>
            <Box component="strong" sx={{ fontWeight: 600 }}>
              {formatName(condition.kind)}
            </Box>
            : {condition.sentence}{" "}
            <Box component="span" sx={{ color: "text.secondary" }}>
              (<TimeAgo at={condition.since} />)
            </Box>
          </Alert>
        </li>
      ))}
    </Stack>
  );
}

/** What the scaler itself lacks; the reactive path holds meanwhile. */
export function Checks({ checks }: { readonly checks: readonly ScalerCheck[] }) {
  if (checks.length === 0) return null;
  return (
    <Alert severity="error" variant="outlined" sx={{ bgcolor: "background.paper" }}>
      <Box component="ul" aria-label="The autoscaler is degraded" sx={{ listStyle: "none", m: 0, p: 0 }}>
        {checks.map(({ what, why }) => (
          <li key={what}>
            <strong>The autoscaler is degraded, {what}</strong>: {why}
          </li>
        ))}
      </Box>
    </Alert>
  );
}
