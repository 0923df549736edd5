import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/lib/api/client";
import type { Role } from "@/lib/api/types";

export const userKeys = {
  all: ["users"] as const,
  list: () => [...userKeys.all, "list"] as const,
};

export const usersQuery = infiniteQueryOptions({
  queryKey: userKeys.list(),
  queryFn: ({ pageParam, signal }) =>
    dataOf(api.GET("/api/v1/users", { params: { query: pageParam === null ? {} : { cursor: pageParam } }, signal })),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});

export function useChangeRole() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, role }: { readonly id: string; readonly role: Role }) =>
      dataOf(api.PATCH("/api/v1/users/{id}", { params: { path: { id } }, body: { role } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: userKeys.all }),
  });
}
