import { Box, Tooltip } from "@mui/material";
import { useNow } from "@/hooks/use-now";
import { formatAgo, formatClock } from "@/lib/format";

interface FreshnessProps {
  /** Unix milliseconds of the newest answer; 0 before the first. */
  readonly updatedAt: number;
  readonly error: unknown;
  /** How often a new answer is expected, milliseconds. */
  readonly every: number;
}

/** Whether what is shown is live: a missed answer or an error makes it stale, and says since when. */
export function Freshness({ updatedAt, error, every }: FreshnessProps) {
  const now = useNow();
  if (updatedAt === 0) return null;
  const isStale = (error !== null && error !== undefined) || now - updatedAt > every * 3;
  const label = isStale ? `Stale: last answer ${formatAgo(updatedAt, now)}` : "Live";
  return (
    <Tooltip title={`Last answer at ${formatClock(updatedAt)}`}>
      <Box
        role="status"
        sx={{
          display: "inline-flex",
          alignItems: "center",
          gap: 1,
          fontSize: "0.8125rem",
          fontWeight: 550,
          color: isStale ? "warning.main" : "text.secondary",
        }}
      >
        <Box
          aria-hidden
          sx={{
            width: 8,
            height: 8,
            borderRadius: "50%",
            bgcolor: isStale ? "warning.main" : "success.main",
            "@media (prefers-reduced-motion: no-preference)": isStale
              ? {}
              : {
                  animation: "freshness 2.4s ease-in-out infinite",
                  "@keyframes freshness": { "50%": { opacity: 0.35 } },
                },
          }}
        />
        {label}
      </Box>
    </Tooltip>
  );
}
