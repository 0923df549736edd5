import { Box } from "@mui/material";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { BlockLoading } from "@/components/block-loading";
import { ErrorState } from "@/components/error-state";
import { StaleNote } from "@/components/stale-note";

interface AnswerProps<T> {
  readonly query: UseQueryResult<T>;
  /** Said where there is no answer at all. */
  readonly failure: string;
  readonly height: number;
  /** Contents reach the border, so that only what stands instead of them keeps a distance. */
  readonly flush?: boolean;
  readonly children: (data: T) => ReactNode;
}

/** An answer in each of its states: under way, missing, old, there. */
export function Answer<T>({ query, failure, height, flush = false, children }: AnswerProps<T>) {
  const inset = flush ? { px: { xs: 1.75, sm: 2.25 }, pb: 2 } : {};
  if (query.isPending) {
    return (
      <Box sx={inset}>
        <BlockLoading height={height} />
      </Box>
    );
  }
  if (query.data === undefined) {
    return (
      <Box sx={inset}>
        <ErrorState title={failure} error={query.error} onRetry={() => void query.refetch()} />
      </Box>
    );
  }
  return (
    <>
      {query.isError && (
        <Box sx={{ ...inset, pb: 1.5 }}>
          <StaleNote error={query.error} updatedAt={query.dataUpdatedAt} />
        </Box>
      )}
      {children(query.data)}
    </>
  );
}
