import { Stack } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "@/components/empty-state";
import { Freshness } from "@/components/freshness";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { checksQuery, LIVE_MS, targetsQuery } from "@/features/scaling/api/scaling";
import { Answer } from "@/features/scaling/components/answer";
import { Checks } from "@/features/scaling/components/conditions";
import { RecommendationsPanel } from "@/features/scaling/components/recommendations-panel";
import { TargetList } from "@/features/scaling/components/target-list";

/** All that is scaled, and what its containers should ask for. */
export function ScalingPage() {
  const targets = useQuery(targetsQuery);
  const checks = useQuery(checksQuery);
  return (
    <>
      <PageHeader
        title="Scaling"
        subtitle="What is scaled, how far ahead, and why"
        actions={<Freshness updatedAt={targets.dataUpdatedAt} error={targets.error} every={LIVE_MS} />}
      />
      <Stack spacing={2}>
        <Checks checks={checks.data ?? []} />
        <Panel title="Targets" flush>
          <Answer query={targets} failure="The autoscaler does not answer" height={280} flush>
            {(data) =>
              data.length === 0 ? (
                <EmptyState title="Nothing is scaled">The autoscaler has no target in its settings, and found none.</EmptyState>
              ) : (
                <TargetList targets={data} />
              )
            }
          </Answer>
        </Panel>
        <RecommendationsPanel title="Resources of all containers" name={null} />
      </Stack>
    </>
  );
}
