import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { takeSnapshot, taskKeys } from "@/features/tasks/api/tasks";
import { followTasks, type SocketStatus } from "@/lib/task-socket";

/** Keeps the shown tasks live while the caller is on screen; says how news arrive. */
export function useTaskEvents(): SocketStatus {
  const queryClient = useQueryClient();
  const [status, setStatus] = useState<SocketStatus>("connecting");
  useEffect(() => {
      let wasAway = false;
      return followTasks({
        onTask: (task) => {
          takeSnapshot(queryClient, task);
        },
        onStatus: (next) => {
          setStatus(next);
          // What ended while no connection was there is not told again.
          if (next === "live" && wasAway) void queryClient.invalidateQueries({ queryKey: taskKeys.all });
          wasAway = next === "polling";
        },
      });
    }, [queryClient]);
  return status;
}
