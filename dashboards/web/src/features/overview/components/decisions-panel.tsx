import { Box, Chip, Skeleton, Stack, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { Freshness } from "@/components/freshness";
import { DownIcon, SteadyIcon, UpIcon } from "@/components/icons";
import { Panel } from "@/components/panel";
import { TimeAgo } from "@/components/time-ago";
import { decisionsQuery, LIVE_MS } from "@/features/overview/api/overview";
import type { Decision } from "@/lib/api/types";
import { formatName } from "@/lib/format";

/** Why replica counts changed, newest first. */
export function DecisionsPanel() {
  const decisions = useQuery(decisionsQuery);
  return (
    <Panel
      title="Latest decisions"
      flush
      actions={
        decisions.isError &&
        decisions.data !== undefined && <Freshness updatedAt={decisions.dataUpdatedAt} error={decisions.error} every={LIVE_MS} />
      }
    >
      {decisions.isPending ? (
        <Stack spacing={1.5} sx={{ px: 2, pb: 2 }}>
          {[0, 1, 2, 3, 4].map((row) => (
            <Skeleton key={row} variant="rounded" height={52} />
          ))}
        </Stack>
      ) : decisions.data === undefined ? (
        <Box sx={{ p: 2 }}>
          <ErrorState title="No decisions" error={decisions.error} onRetry={() => void decisions.refetch()} />
        </Box>
      ) : decisions.data.length === 0 ? (
        <EmptyState title="No decision yet">As soon as the autoscaler weighs a replica count, it says here why.</EmptyState>
      ) : (
        <Box
          component="ol"
          tabIndex={0}
          aria-label="Decisions, newest first"
          sx={{ listStyle: "none", m: 0, p: 0, maxHeight: { xs: 460, lg: "none" }, flexGrow: 1, minHeight: 0, overflowY: "auto" }}
        >
          {decisions.data.map((decision) => (
            <DecisionItem key={`${decision.at} ${decision.workload}`} decision={decision} />
          ))}
        </Box>
      )}
    </Panel>
  );
}

function DecisionItem({ decision }: { readonly decision: Decision }) {
  const { from_replicas: from, to_replicas: to } = decision;
  const Icon = to > from ? UpIcon : to < from ? DownIcon : SteadyIcon;
  const color = to > from ? "warning.main" : to < from ? "success.main" : "text.secondary";
  return (
    <Box component="li" sx={{ display: "flex", gap: 1.5, px: { xs: 1.75, sm: 2.25 }, py: 1.5, borderTop: 1, borderColor: "divider" }}>
      <Icon sx={{ color, mt: 0.125 }} fontSize="small" aria-hidden />
      <Box sx={{ minWidth: 0, flexGrow: 1 }}>
        <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1 }}>
          <Typography component="span" sx={{ fontWeight: 600, fontSize: "0.875rem" }}>
            {formatName(decision.workload)}
          </Typography>
          <Typography component="span" sx={{ fontSize: "0.875rem", fontVariantNumeric: "tabular-nums" }}>
            {from === to ? `stays at ${String(to)}` : `${String(from)} → ${String(to)}`}
          </Typography>
          {!decision.acted && from !== to && <Chip size="small" variant="outlined" label="not applied" />}
          <Typography component="span" variant="caption" sx={{ ml: "auto", color: "text.secondary" }}>
            <TimeAgo at={decision.at} />
          </Typography>
        </Box>
        <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
          {decision.reason}
        </Typography>
      </Box>
    </Box>
  );
}
