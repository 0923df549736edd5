import { Skeleton } from "@mui/material";

/** The place of something that has not come yet, and what a screen reader says of it. */
export function BlockLoading({ height }: { readonly height: number }) {
  return <Skeleton variant="rounded" height={height} role="progressbar" aria-label="Loading" />;
}
