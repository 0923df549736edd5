import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/lib/api/client";

/** Milliseconds between two looks. */
export const LIVE_MS = 2_500;
export const SERIES_MS = 5_000;

const DECISIONS_SHOWN = 40;

export const overviewKeys = {
  all: ["overview"] as const,
  platform: (windowS: number) => [...overviewKeys.all, "platform", windowS] as const,
  workloads: () => [...overviewKeys.all, "workloads"] as const,
  series: (workload: string, windowS: number) => [...overviewKeys.all, "series", workload, windowS] as const,
  decisions: () => [...overviewKeys.all, "decisions"] as const,
};

export const platformQuery = (windowS: number) =>
  queryOptions({
    queryKey: overviewKeys.platform(windowS),
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/platform/overview", { params: { query: { window_s: windowS } }, signal })),
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
  });

export const workloadsQuery = queryOptions({
  queryKey: overviewKeys.workloads(),
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/scaling/workloads", { signal })),
  refetchInterval: LIVE_MS,
});

export const workloadSeriesQuery = (workload: string, windowS: number) =>
  queryOptions({
    queryKey: overviewKeys.series(workload, windowS),
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/v1/scaling/workloads/{name}/series", {
          params: { path: { name: workload }, query: { window_s: windowS } },
          signal,
        }),
      ),
    refetchInterval: SERIES_MS,
    placeholderData: keepPreviousData,
  });

export const decisionsQuery = queryOptions({
  queryKey: overviewKeys.decisions(),
  queryFn: ({ signal }) =>
    dataOf(api.GET("/api/v1/scaling/decisions", { params: { query: { limit: DECISIONS_SHOWN } }, signal })),
  refetchInterval: LIVE_MS,
});
