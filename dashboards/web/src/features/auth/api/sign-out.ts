import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api/client";
import { session } from "@/lib/session";

export function useSignOut() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => api.POST("/api/v1/auth/sign-out"),
    // Even when the platform is away: whoever signs out must not stay signed in on this screen.
    onSettled: () => {
      session.end();
      queryClient.clear();
    },
  });
}
