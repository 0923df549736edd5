import { Box, Button, Skeleton, Stack } from "@mui/material";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { AddIcon } from "@/components/icons";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { StaleNote } from "@/components/stale-note";
import { type TaskFilters, taskTypesQuery, tasksQuery } from "@/features/tasks/api/tasks";
import { useTaskEvents } from "@/features/tasks/api/use-task-events";
import { LiveStatus } from "@/features/tasks/components/live-status";
import { TaskFilterBar } from "@/features/tasks/components/task-filter-bar";
import { TaskList } from "@/features/tasks/components/task-list";
import { useMay } from "@/hooks/use-current-user";
import { TASK_STATES } from "@/lib/api/types";

interface TasksPageProps {
  readonly onNew: () => void;
}

export function TasksPage({ onNew }: TasksPageProps) {
  const status = useTaskEvents();
  const [filters, setFilters] = useTaskFilters();
  const tasks = useInfiniteQuery(tasksQuery(filters, status));
  const types = useQuery(taskTypesQuery);
  const maySubmit = useMay("operator");
  const items = tasks.data?.pages.flatMap((page) => page.items) ?? [];
  const titles = new Map((types.data ?? []).map(({ type, title }) => [type, title]));
  const isFiltered = filters.state !== undefined || filters.type !== undefined;
  const newTask = maySubmit && (
    <Button variant="contained" startIcon={<AddIcon />} onClick={onNew}>
      New task
    </Button>
  );
  return (
    <>
      <PageHeader title="Tasks" subtitle="Work that was submitted, with live progress" actions={<><LiveStatus status={status} />{newTask}</>} />
      <Stack spacing={2}>
        <TaskFilterBar filters={filters} types={types.data ?? []} onChange={setFilters} />
        {tasks.data !== undefined && <StaleNote error={tasks.error} updatedAt={tasks.dataUpdatedAt} />}
        {tasks.isPending ? (
          <Skeleton variant="rounded" height={360} />
        ) : tasks.data === undefined ? (
          <ErrorState title="The tasks could not be read" error={tasks.error} onRetry={() => void tasks.refetch()} />
        ) : (
          <Panel title={isFiltered ? "Matching tasks" : "All tasks"} flush>
            {items.length === 0 ? (
              <EmptyState title={isFiltered ? "No task matches" : "No task yet"} action={isFiltered ? undefined : newTask}>
                {isFiltered ? "Choose another state or type." : maySubmit ? "Profile a dataset, train a model or make some load." : "An operator has to submit one."}
              </EmptyState>
            ) : (
              <TaskList tasks={items} titles={titles} />
            )}
          </Panel>
        )}
        {tasks.hasNextPage && (
          <Box sx={{ textAlign: "center" }}>
            <Button variant="outlined" loading={tasks.isFetchingNextPage} onClick={() => void tasks.fetchNextPage()}>
              Show older
            </Button>
          </Box>
        )}
      </Stack>
    </>
  );
}

function useTaskFilters(): [TaskFilters, (filters: TaskFilters) => void] {
  const [parameters, setParameters] = useSearchParams();
  const state = TASK_STATES.find((each) => each === parameters.get("state"));
  const type = parameters.get("type") ?? undefined;
  const set = (filters: TaskFilters) => {
    setParameters(
      {
        ...(filters.state === undefined ? {} : { state: filters.state }),
        ...(filters.type === undefined ? {} : { type: filters.type }),
      },
      { replace: true },
    );
  };
  return [{ state, type }, set];
}
