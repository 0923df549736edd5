import { useParams } from "react-router";
import { TaskPage } from "@/features/tasks/components/task-page";

export function TaskRoute() {
  const { taskId = "" } = useParams();
  return <TaskPage key={taskId} taskId={taskId} />;
}
