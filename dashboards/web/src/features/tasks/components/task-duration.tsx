import { useNow } from "@/hooks/use-now";
import { isFinal, type Task } from "@/lib/api/types";
import { formatSeconds } from "@/lib/format";

/** How long a task ran, or has been running. */
export function TaskDuration({ task }: { readonly task: Task }) {
  const now = useNow();
  if (task.started_at === null || task.started_at === undefined) return "–";
  const end = task.finished_at === null || task.finished_at === undefined ? now : Date.parse(task.finished_at);
  const seconds = Math.max(0, (end - Date.parse(task.started_at)) / 1000);
  return formatSeconds(isFinal(task.state) ? Number(seconds.toPrecision(3)) : Math.floor(seconds));
}
