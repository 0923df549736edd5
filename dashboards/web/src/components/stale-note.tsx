import { Alert } from "@mui/material";
import { useNow } from "@/hooks/use-now";
import { formatAgo } from "@/lib/format";
import { messageOf } from "@/lib/problem";

interface StaleNoteProps {
  readonly error: unknown;
  /** Unix milliseconds of what is shown. */
  readonly updatedAt: number;
}

/** Above contents that could not be renewed. */
export function StaleNote({ error, updatedAt }: StaleNoteProps) {
  const now = useNow();
  if (error === null || error === undefined) return null;
  return (
    <Alert severity="warning">
      Stale, from {formatAgo(updatedAt, now)}: {messageOf(error)}
    </Alert>
  );
}
