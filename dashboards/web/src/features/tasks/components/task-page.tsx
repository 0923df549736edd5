import { Alert, AlertTitle, Box, Button, Link, Skeleton, Stack } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Link as RouterLink } from "react-router";
import { ErrorState } from "@/components/error-state";
import { BackIcon, StopIcon } from "@/components/icons";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { StaleNote } from "@/components/stale-note";
import { TimeAgo } from "@/components/time-ago";
import { taskQuery, taskTypesQuery, useCancelTask } from "@/features/tasks/api/tasks";
import { useTaskEvents } from "@/features/tasks/api/use-task-events";
import { LiveStatus } from "@/features/tasks/components/live-status";
import { Facts } from "@/components/facts";
import { TaskResult } from "@/features/tasks/components/results/task-result";
import { StateChip } from "@/features/tasks/components/state-chip";
import { TaskDuration } from "@/features/tasks/components/task-duration";
import { TaskProgress } from "@/features/tasks/components/task-progress";
import { useMay } from "@/hooks/use-current-user";
import { isFinal, type Task } from "@/lib/api/types";
import { formatName, formatSeconds } from "@/lib/format";
import { messageOf } from "@/lib/problem";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function TaskPage({ taskId }: { readonly taskId: string }) {
  const status = useTaskEvents();
  const task = useQuery(taskQuery(taskId, status));
  const types = useQuery(taskTypesQuery);
  const type = types.data?.find((each) => each.type === task.data?.type);
  const title = type?.title ?? (task.data === undefined ? "Task" : formatName(task.data.type));
  return (
    <>
      <Link
        component={RouterLink}
        to="/tasks"
        underline="hover"
        sx={{ display: "inline-flex", alignItems: "center", gap: 0.5, minHeight: 40, fontSize: "0.875rem" }}
      >
        <BackIcon fontSize="small" /> Tasks
      </Link>
      <PageHeader
        title={title}
        actions={
          <>
            <LiveStatus status={status} />
            {task.data !== undefined && <StateChip state={task.data.state} />}
            {task.data !== undefined && <CancelButton task={task.data} />}
          </>
        }
      />
      <Stack spacing={2}>
        {task.data !== undefined && <StaleNote error={task.error} updatedAt={task.dataUpdatedAt} />}
        {task.isPending ? (
          <Skeleton variant="rounded" height={260} />
        ) : task.data === undefined ? (
          <ErrorState title="The task could not be read" error={task.error} onRetry={() => void task.refetch()} />
        ) : (
          <TaskDetails task={task.data} />
        )}
      </Stack>
    </>
  );
}

function TaskDetails({ task }: { readonly task: Task }) {
  return (
    <>
      <Panel title="Run">
        <TaskProgress task={task} />
        <Box sx={{ mt: 2 }}>
          <Facts
            entries={[
              ["Submitted", <TimeAgo key="at" at={task.created_at} />],
              ["Waited", waited(task)],
              ["Ran", <TaskDuration key="ran" task={task} />],
              ["Attempts", task.attempts],
              ...Object.entries(task.parameters).map(
                ([name, value]) => [formatName(name), shownParameter(value)] as const,
              ),
            ]}
          />
        </Box>
      </Panel>
      {task.error !== null && task.error !== undefined && (
        <Alert severity="error" variant="outlined" sx={{ bgcolor: "background.paper", overflowWrap: "anywhere" }}>
          <AlertTitle>The task failed</AlertTitle>
          {task.error}
        </Alert>
      )}
      {task.result !== null && task.result !== undefined && <TaskResult type={task.type} result={task.result} />}
    </>
  );
}

function CancelButton({ task }: { readonly task: Task }) {
  const cancel = useCancelTask();
  const mayCancel = useMay("operator");
  if (!mayCancel || isFinal(task.state)) return null;
  return (
    <>
      <Button
        color="error"
        variant="outlined"
        startIcon={<StopIcon />}
        loading={cancel.isPending}
        disabled={cancel.isSuccess}
        onClick={() => {
          cancel.mutate(task.id);
        }}
      >
        {cancel.isSuccess ? "Cancelling" : "Cancel"}
      </Button>
      {cancel.isError && <Alert severity="error">{messageOf(cancel.error)}</Alert>}
    </>
  );
}

function shownParameter(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return UUID.test(text) ? `… ${text.slice(-12)}` : text;
}

function waited(task: Task): string {
  if (task.started_at === null || task.started_at === undefined) return "–";
  return formatSeconds(Math.max(0, (Date.parse(task.started_at) - Date.parse(task.created_at)) / 1000));
}
