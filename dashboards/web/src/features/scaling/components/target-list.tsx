import { Box, Link, Typography } from "@mui/material";
import { Link as RouterLink } from "react-router";
import { Facts } from "@/components/facts";
import { Conditions } from "@/features/scaling/components/conditions";
import { ForecastLine } from "@/features/scaling/components/forecast-line";
import { ModeChips } from "@/features/scaling/components/mode-chips";
import type { Workload } from "@/lib/api/types";
import { formatCount, formatName, formatNumber } from "@/lib/format";

/** Everything that is scaled, each with what there is, what is asked for, and what is not as usual. */
export function TargetList({ targets }: { readonly targets: readonly Workload[] }) {
  return (
    <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
      {targets.map((target) => (
        <TargetItem key={target.name} target={target} />
      ))}
    </Box>
  );
}

function TargetItem({ target }: { readonly target: Workload }) {
  const { replicas, decision } = target;
  return (
    <Box component="li" sx={{ px: { xs: 1.75, sm: 2.25 }, py: 2, borderTop: 1, borderColor: "divider", display: "grid", gap: 1.5 }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1 }}>
        <Link component={RouterLink} to={`/scaling/${encodeURIComponent(target.name)}`} sx={{ fontWeight: 600, mr: 0.5, py: 0.5 }}>
          {formatName(target.name)}
        </Link>
        <ModeChips target={target} />
      </Box>
      <Facts
        entries={[
          ["Ready / desired", `${formatCount(replicas.ready)} / ${formatCount(replicas.desired)}`],
          ["Reactive alone", formatCount(decision?.details.alone)],
          ["Floor by the forecast", formatCount(decision?.details.floor)],
          ["Bounds", `${String(replicas.minimum)} to ${String(replicas.maximum)}`],
          ["Load", `${formatNumber(target.load)} ${target.load_unit}`],
          ["A replica carries", `${formatNumber(target.capacity)} ${target.load_unit}`],
        ]}
      />
      <Typography variant="body2" sx={{ overflowWrap: "anywhere" }}>
        <Box component="strong" sx={{ fontWeight: 600 }}>
          Forecast:
        </Box>{" "}
        <ForecastLine target={target} />
      </Typography>
      {decision && (
        <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
          {decision.reason}
        </Typography>
      )}
      <Conditions conditions={target.conditions} />
    </Box>
  );
}
