import { Box, LinearProgress, Typography } from "@mui/material";
import type { Task } from "@/lib/api/types";

/** How far a task is, and what it says about that. */
export function TaskProgress({ task }: { readonly task: Task }) {
  const percent = Math.round((task.state === "succeeded" ? 1 : task.progress) * 100);
  return (
    <Box sx={{ minWidth: 0 }}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1 }}>
        <LinearProgress
          aria-label="Progress"
          variant="determinate"
          value={percent}
          color={colorFor(task)}
          sx={{ flexGrow: 1, height: 6, borderRadius: 1, color: "text.disabled" }}
        />
        <Typography variant="caption" sx={{ minWidth: 38, textAlign: "right", fontVariantNumeric: "tabular-nums", color: "text.secondary" }}>
          {percent} %
        </Typography>
      </Box>
      {task.message !== null && task.message !== "" && (
        <Typography variant="caption" component="p" noWrap title={task.message} sx={{ color: "text.secondary" }}>
          {task.message}
        </Typography>
      )}
    </Box>
  );
}

function colorFor(task: Task): "primary" | "success" | "error" | "inherit" {
  switch (task.state) {
    case "succeeded":
      return "success";
    case "failed":
      return "error";
    case "cancelled":
    case "queued":
      return "inherit";
    case "running":
      return "primary";
  }
}
