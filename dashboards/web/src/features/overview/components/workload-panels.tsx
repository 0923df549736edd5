import { Skeleton } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { Panel } from "@/components/panel";
import { LIVE_MS, workloadsQuery } from "@/features/overview/api/overview";
import { WorkloadPanel } from "@/features/overview/components/workload-panel";
import { Freshness } from "@/components/freshness";

/** One panel for each thing that is scaled. */
export function WorkloadPanels({ windowS }: { readonly windowS: number }) {
  const workloads = useQuery(workloadsQuery);
  if (workloads.isPending) {
    return (
      <>
        <Skeleton variant="rounded" height={380} />
        <Skeleton variant="rounded" height={380} />
      </>
    );
  }
  if (workloads.data === undefined) {
    return <ErrorState title="The autoscaler does not answer" error={workloads.error} onRetry={() => void workloads.refetch()} />;
  }
  if (workloads.data.length === 0) {
    return (
      <Panel title="Autoscaling">
        <EmptyState title="Nothing is scaled">The autoscaler has no workload in its settings.</EmptyState>
      </Panel>
    );
  }
  return workloads.data.map((workload) => (
    <WorkloadPanel
      key={workload.name}
      workload={workload}
      windowS={windowS}
      freshness={
        workloads.isError && <Freshness updatedAt={workloads.dataUpdatedAt} error={workloads.error} every={LIVE_MS} />
      }
    />
  ));
}
