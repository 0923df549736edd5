import { Box, Link, Typography } from "@mui/material";
import { Link as RouterLink } from "react-router";
import { TimeAgo } from "@/components/time-ago";
import { StateChip } from "@/features/tasks/components/state-chip";
import { TaskDuration } from "@/features/tasks/components/task-duration";
import { TaskProgress } from "@/features/tasks/components/task-progress";
import type { Task } from "@/lib/api/types";
import { formatName } from "@/lib/format";

const COLUMNS = { xs: "minmax(0, 1fr) auto", md: "minmax(160px, 1.2fr) 130px minmax(180px, 2fr) 110px 90px" };

export function TaskList({ tasks, titles }: { readonly tasks: readonly Task[]; readonly titles: ReadonlyMap<string, string> }) {
  return (
    <>
      <Box
        aria-hidden
        sx={{
          display: { xs: "none", md: "grid" },
          gridTemplateColumns: COLUMNS,
          gap: 2,
          px: { xs: 1.75, sm: 2.25 },
          py: 1,
          fontSize: "0.75rem",
          fontWeight: 600,
          color: "text.secondary",
        }}
      >
        <span>Task</span>
        <span>State</span>
        <span>Progress</span>
        <span>Submitted</span>
        <Box component="span" sx={{ textAlign: "right" }}>
          Time
        </Box>
      </Box>
      <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} title={titles.get(task.type) ?? formatName(task.type)} />
        ))}
      </Box>
    </>
  );
}

function TaskRow({ task, title }: { readonly task: Task; readonly title: string }) {
  return (
    <Box
      component="li"
      sx={{
        position: "relative",
        display: "grid",
        gridTemplateColumns: COLUMNS,
        alignItems: "center",
        columnGap: 2,
        rowGap: 0.75,
        px: { xs: 1.75, sm: 2.25 },
        py: 1.25,
        borderTop: 1,
        borderColor: "divider",
        "&:hover": { bgcolor: "action.hover" },
      }}
    >
      <Box sx={{ minWidth: 0 }}>
        {/* The whole row is the link's target, as large as a thumb. */}
        <Link
          component={RouterLink}
          to={`/tasks/${task.id}`}
          color="inherit"
          underline="hover"
          sx={{ fontWeight: 600, "&::after": { content: '""', position: "absolute", inset: 0 } }}
        >
          {title}
        </Link>
        <Typography variant="caption" component="p" noWrap sx={{ color: "text.secondary", fontFamily: "ui-monospace, monospace" }}>
          {task.id.slice(-12)}
          {task.attempts > 1 && ` · attempt ${String(task.attempts)}`}
        </Typography>
      </Box>
      <Box>
        <StateChip state={task.state} />
      </Box>
      <Box sx={{ gridColumn: { xs: "1 / -1", md: "auto" }, minWidth: 0 }}>
        <TaskProgress task={task} />
      </Box>
      <Typography variant="body2" sx={{ color: "text.secondary" }}>
        <TimeAgo at={task.created_at} />
      </Typography>
      <Typography variant="body2" sx={{ color: "text.secondary", textAlign: "right", fontVariantNumeric: "tabular-nums" }}>
        <TaskDuration task={task} />
      </Typography>
    </Box>
  );
}
