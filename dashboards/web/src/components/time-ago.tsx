import { useNow } from "@/hooks/use-now";
import { formatAgo, formatMoment } from "@/lib/format";

/** A moment as the time since then; the exact time is its title. */
export function TimeAgo({ at }: { readonly at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={formatMoment(at)}>
      {formatAgo(Date.parse(at), now)}
    </time>
  );
}
