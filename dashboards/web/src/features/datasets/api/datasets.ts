import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/lib/api/client";
import type { Dataset } from "@/lib/api/types";
import { upload } from "@/lib/upload";

export const datasetKeys = {
  all: ["datasets"] as const,
  list: () => [...datasetKeys.all, "list"] as const,
};

export const datasetsQuery = queryOptions({
  queryKey: datasetKeys.list(),
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/datasets", { signal })),
  staleTime: 15_000,
});

export function useDeleteDataset() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/datasets/{id}", { params: { path: { id } } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: datasetKeys.all }),
  });
}

/** Uploads one file at a time; `progress` is the share that was sent. */
export function useUploadDataset() {
  const queryClient = useQueryClient();
  const [progress, setProgress] = useState(0);
  const [controller, setController] = useState<AbortController>();
  const mutation = useMutation({
    mutationFn: async (file: File): Promise<Dataset> => {
      const started = new AbortController();
      setController(started);
      setProgress(0);
      const query = new URLSearchParams({ name: file.name }).toString();
      const options = { contentType: "text/csv", onProgress: setProgress, signal: started.signal };
      return JSON.parse(await upload(`/api/v1/datasets?${query}`, file, options)) as Dataset;
    },
    onSuccess: (dataset) => {
      queryClient.setQueryData(datasetsQuery.queryKey, (present) => present && [dataset, ...present]);
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: datasetKeys.all }),
  });
  return {
    ...mutation,
    progress,
    stop: () => {
      controller?.abort();
    },
  };
}
