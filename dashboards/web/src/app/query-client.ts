import { QueryClient } from "@tanstack/react-query";
import { ProblemError } from "@/lib/problem";

const MOST_RETRIES = 2;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // What was refused stays refused; what failed on the way may succeed.
        retry: (failures, error) => failures < MOST_RETRIES && !isRefused(error),
        retryDelay: (attempt) => Math.min(8_000, 500 * 2 ** attempt) * (0.75 + Math.random() / 2),
        // "Offline" is said by the views; the platform may well be on this very machine.
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}

function isRefused(error: Error): boolean {
  return error instanceof ProblemError && error.status >= 400 && error.status < 500 && error.status !== 429;
}
