import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/lib/api/client";
import type { ScalingMode } from "@/lib/api/types";

/** Milliseconds between two looks: at what each tick changes, at series, and at what changes with fits or by hand. */
export const LIVE_MS = 2_500;
export const SERIES_MS = 5_000;
export const CALM_MS = 15_000;

const DECISIONS_SHOWN = 60;
const CHANGES_SHOWN = 20;

export const scalingKeys = {
  all: ["scaling"] as const,
  targets: () => [...scalingKeys.all, "targets"] as const,
  checks: () => [...scalingKeys.all, "checks"] as const,
  recommendations: (name: string | null) => [...scalingKeys.all, "recommendations", name] as const,
  target: (name: string) => [...scalingKeys.all, "target", name] as const,
  of: (name: string, what: string, ...parameters: readonly (string | number)[]) =>
    [...scalingKeys.target(name), what, ...parameters] as const,
};

export const targetsQuery = queryOptions({
  queryKey: scalingKeys.targets(),
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/scaling/workloads", { signal })),
  refetchInterval: LIVE_MS,
});

export const checksQuery = queryOptions({
  queryKey: scalingKeys.checks(),
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/scaling/checks", { signal })),
  refetchInterval: SERIES_MS,
});

export const seriesQuery = (name: string, windowS: number) =>
  queryOptions({
    queryKey: scalingKeys.of(name, "series", windowS),
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/scaling/workloads/{name}/series", { params: { path: { name }, query: { window_s: windowS } }, signal })),
    refetchInterval: SERIES_MS,
    placeholderData: keepPreviousData,
  });

export const pathQuery = (name: string) =>
  queryOptions({
    queryKey: scalingKeys.of(name, "forecast"),
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/scaling/workloads/{name}/forecast", { params: { path: { name } }, signal })),
    refetchInterval: SERIES_MS,
  });

export const explanationQuery = (name: string) =>
  queryOptions({
    queryKey: scalingKeys.of(name, "explanation"),
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/scaling/workloads/{name}/explanation", { params: { path: { name } }, signal })),
    refetchInterval: LIVE_MS,
  });

export const decisionsQuery = (name: string) =>
  queryOptions({
    queryKey: scalingKeys.of(name, "decisions"),
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/scaling/decisions", { params: { query: { workload: name, limit: DECISIONS_SHOWN } }, signal })),
    refetchInterval: SERIES_MS,
  });

export const anomaliesQuery = (name: string, windowS: number) =>
  queryOptions({
    queryKey: scalingKeys.of(name, "anomalies", windowS),
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/scaling/workloads/{name}/anomalies", { params: { path: { name }, query: { window_s: windowS } }, signal })),
    refetchInterval: CALM_MS,
    placeholderData: keepPreviousData,
  });

export const costQuery = (name: string, windowS: number) =>
  queryOptions({
    queryKey: scalingKeys.of(name, "cost", windowS),
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/scaling/workloads/{name}/cost", { params: { path: { name }, query: { window_s: windowS } }, signal })),
    refetchInterval: CALM_MS,
    placeholderData: keepPreviousData,
  });

export const modelsQuery = (name: string) =>
  queryOptions({
    queryKey: scalingKeys.of(name, "models"),
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/scaling/workloads/{name}/models", { params: { path: { name } }, signal })),
    refetchInterval: CALM_MS,
  });

export const changesQuery = (name: string) =>
  queryOptions({
    queryKey: scalingKeys.of(name, "changes"),
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/scaling/workloads/{name}/changes", { params: { path: { name }, query: { limit: CHANGES_SHOWN } }, signal })),
    refetchInterval: CALM_MS,
  });

/** Of one target, or of every container whose usage is known. */
export const recommendationsQuery = (name: string | null) =>
  queryOptions({
    queryKey: scalingKeys.recommendations(name),
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/scaling/recommendations", { params: { query: name === null ? {} : { workload: name } }, signal })),
    refetchInterval: CALM_MS,
  });

export interface Supposition {
  readonly load: number;
  readonly ready?: number | undefined;
  readonly current?: number | undefined;
}

/** Asked once for what was typed, not kept: the answer is about this very moment. */
export function useWhatIf(name: string) {
  return useMutation({
    mutationFn: ({ load, ready, current }: Supposition) =>
      dataOf(
        api.GET("/api/v1/scaling/workloads/{name}/what-if", {
          params: {
            path: { name },
            query: { load, ...(ready === undefined ? {} : { ready }), ...(current === undefined ? {} : { current }) },
          },
        }),
      ),
  });
}

export function useChangeMode(name: string) {
  return useMutation({
    mutationFn: (body: { readonly mode: ScalingMode; readonly reason: string }) =>
      dataOf(api.PUT("/api/v1/scaling/workloads/{name}/mode", { params: { path: { name } }, body })),
    onSettled: useRenew(name),
  });
}

export function useFreeze(name: string) {
  return useMutation({
    mutationFn: (body: { readonly for_s: number; readonly reason: string }) =>
      dataOf(api.PUT("/api/v1/scaling/workloads/{name}/freeze", { params: { path: { name } }, body })),
    onSettled: useRenew(name),
  });
}

export function useUnfreeze(name: string) {
  return useMutation({
    mutationFn: () =>
      dataOf(api.DELETE("/api/v1/scaling/workloads/{name}/freeze", { params: { path: { name }, query: { reason: "ended on the dashboard" } } })),
    onSettled: useRenew(name),
  });
}

export function useRollBack(name: string) {
  return useMutation({
    mutationFn: (body: { readonly version: string; readonly reason: string }) =>
      dataOf(api.POST("/api/v1/scaling/workloads/{name}/rollback", { params: { path: { name } }, body })),
    onSettled: useRenew(name),
  });
}

/** After a change everything about the target may be otherwise. */
function useRenew(name: string): () => Promise<unknown> {
  const queryClient = useQueryClient();
  return () =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: scalingKeys.targets() }),
      queryClient.invalidateQueries({ queryKey: scalingKeys.target(name) }),
    ]);
}
