import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, dataOf } from "@/lib/api/client";
import { isFinal, type Task, type TaskPage, type TaskState } from "@/lib/api/types";
import type { SocketStatus } from "@/lib/task-socket";

/** Milliseconds between two looks while changes are not told by the WebSocket, and while they are. */
const POLL_MS = 2_500;
const SAFETY_POLL_MS = 30_000;
const PAGE_SIZE = 30;

export interface TaskFilters {
  readonly state?: TaskState | undefined;
  readonly type?: string | undefined;
}

export const taskKeys = {
  all: ["tasks"] as const,
  types: () => [...taskKeys.all, "types"] as const,
  lists: () => [...taskKeys.all, "list"] as const,
  list: (filters: TaskFilters) => [...taskKeys.lists(), filters.state ?? null, filters.type ?? null] as const,
  details: () => [...taskKeys.all, "detail"] as const,
  detail: (id: string) => [...taskKeys.details(), id] as const,
};

export const taskTypesQuery = queryOptions({
  queryKey: taskKeys.types(),
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/task-types", { signal })),
  staleTime: 300_000,
});

export const tasksQuery = (filters: TaskFilters, status: SocketStatus) =>
  infiniteQueryOptions({
    queryKey: taskKeys.list(filters),
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE_SIZE,
        ...(filters.state === undefined ? {} : { state: filters.state }),
        ...(filters.type === undefined ? {} : { type: filters.type }),
        ...(pageParam === null ? {} : { cursor: pageParam }),
      };
      return dataOf(api.GET("/api/v1/tasks", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: status === "polling" ? POLL_MS : SAFETY_POLL_MS,
  });

export const taskQuery = (id: string, status: SocketStatus) =>
  queryOptions({
    queryKey: taskKeys.detail(id),
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/tasks/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state: { data } }) => {
      if (data !== undefined && isFinal(data.state)) return false;
      return status === "polling" ? POLL_MS : SAFETY_POLL_MS;
    },
  });

export interface Submission {
  readonly type: string;
  readonly parameters: Record<string, unknown>;
  /** The same key again never gives a second task. */
  readonly key: string;
}

export function useSubmitTask() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ type, parameters, key }: Submission) =>
      dataOf(
        api.POST("/api/v1/tasks", { params: { header: { "idempotency-key": key } }, body: { type, parameters } }),
      ),
    onSuccess: (task) => {
      takeSnapshot(queryClient, task);
    },
  });
}

export function useCancelTask() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => dataOf(api.POST("/api/v1/tasks/{id}/cancel", { params: { path: { id } } })),
    onSuccess: (task) => {
      takeSnapshot(queryClient, task);
    },
  });
}

/** Put a task as it is now into everything that shows it. */
export function takeSnapshot(queryClient: QueryClient, task: Task): void {
  queryClient.setQueryData<Task>(taskKeys.detail(task.id), (present) => newer(present, task));
  const lists = queryClient.getQueriesData<InfiniteData<TaskPage, string | null>>({ queryKey: taskKeys.lists() });
  for (const [key, data] of lists) {
    if (data !== undefined) queryClient.setQueryData(key, withTask(data, task, filtersOf(key)));
  }
  // An answer under way may be older than this last word, and nothing else would correct it soon.
  const inFlight = { queryKey: taskKeys.lists(), fetchStatus: "fetching" } as const;
  if (isFinal(task.state)) void queryClient.invalidateQueries(inFlight);
}

/** A list with the task in its place: renewed, put on top as the newest, or taken out by the filters. */
export function withTask(
  data: InfiniteData<TaskPage, string | null>,
  task: Task,
  filters: TaskFilters,
): InfiniteData<TaskPage, string | null> {
  const matches =
    (filters.state === undefined || filters.state === task.state) &&
    (filters.type === undefined || filters.type === task.type);
  const isKnown = data.pages.some((page) => page.items.some(({ id }) => id === task.id));
  const pages = data.pages.map((page, index) => {
    if (isKnown) {
      const items = page.items.flatMap((item) => {
        if (item.id !== task.id) return [item];
        return matches ? [newer(item, task)] : [];
      });
      return { ...page, items };
    }
    const newest = page.items[0];
    const isNewest = newest === undefined || Date.parse(task.created_at) >= Date.parse(newest.created_at);
    return index === 0 && matches && isNewest ? { ...page, items: [task, ...page.items] } : page;
  });
  return { ...data, pages };
}

/** Snapshots may arrive late; what is final stays. */
function newer(present: Task | undefined, arrived: Task): Task {
  return present !== undefined && isFinal(present.state) && !isFinal(arrived.state) ? present : arrived;
}

function filtersOf(key: readonly unknown[]): TaskFilters {
  const [, , state, type] = key;
  return {
    state: (state as TaskState | null) ?? undefined,
    type: (type as string | null) ?? undefined,
  };
}
