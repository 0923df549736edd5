import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, dataOf } from "@/lib/api/client";
import { hasRole, type Role, type User } from "@/lib/api/types";

export const currentUserQuery = queryOptions({
  queryKey: ["users", "me"] as const,
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/users/me", { signal })),
  staleTime: 60_000,
});

export function useCurrentUser(): User | undefined {
  return useQuery(currentUserQuery).data;
}

/** Whether the signed-in user may do what this role may; false until it is known. */
export function useMay(atLeast: Role): boolean {
  return hasRole(useCurrentUser()?.role, atLeast);
}
