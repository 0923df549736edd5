import { Stack, Typography } from "@mui/material";
import { Facts } from "@/components/facts";
import { Panel } from "@/components/panel";
import type { Workload } from "@/lib/api/types";
import { formatNumber, formatQuantile, isNumber } from "@/lib/format";

/** The load that one replica carries, as learnt, between which bounds, and why that is believed. */
export function CapacityPanel({ target }: { readonly target: Workload }) {
  const { capacity, capacity_lower: lower, capacity_upper: upper, load_unit: unit } = target;
  const isKnown = isNumber(lower) && isNumber(upper);
  return (
    <Panel title="Capacity of a replica">
      <Facts
        entries={[
          ["A replica carries", `${formatNumber(capacity)} ${unit}`],
          ["Learnt, four times of five between", isKnown ? `${formatNumber(lower)} and ${formatNumber(upper)} ${unit}` : "–"],
        ]}
      />
      {target.capacity_because && (
        <Typography variant="body2" sx={{ mt: 1.25, color: "text.secondary", overflowWrap: "anywhere" }}>
          {target.capacity_because}
        </Typography>
      )}
    </Panel>
  );
}

/** What judged decisions were, and what they taught. */
export function LearningPanel({ target }: { readonly target: Workload }) {
  const { learning } = target;
  if (!learning) return null;
  const verdicts = Object.entries(learning.verdicts);
  return (
    <Panel title="In hindsight">
      <Stack spacing={1.25}>
        {verdicts.length === 0 ? (
          <Typography variant="body2">No decision is judged yet: each waits until its horizon has passed.</Typography>
        ) : (
          <Facts
            entries={[
              ...verdicts.map(([verdict, count]) => [verdict.charAt(0).toUpperCase() + verdict.slice(1), String(count)] as const),
              ["Regret", `${formatNumber(learning.regret_replica_hours)} replica-hours`],
            ]}
          />
        )}
        <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
          The floor follows the {formatQuantile(learning.quantile)}: {learning.because}.
        </Typography>
        {learning.last?.sentence && (
          <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
            Last: {learning.last.sentence}
          </Typography>
        )}
      </Stack>
    </Panel>
  );
}
