import { Box, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "@/components/empty-state";
import { Panel } from "@/components/panel";
import { TimeAgo } from "@/components/time-ago";
import { changesQuery } from "@/features/scaling/api/scaling";
import { Answer } from "@/features/scaling/components/answer";
import type { ScalingChange } from "@/lib/api/types";
import { formatMoment, formatName } from "@/lib/format";

/** Who changed what, when and why. */
export function ChangesPanel({ name }: { readonly name: string }) {
  const changes = useQuery(changesQuery(name));
  return (
    <Panel title="Changes" flush>
      <Answer query={changes} failure="The changes could not be read" height={100} flush>
        {(data) =>
          data.length === 0 ? (
            <EmptyState isSmall title="Nothing was changed since it is scaled" />
          ) : (
            <Box component="ol" tabIndex={0} aria-label="Changes, newest first" sx={{ listStyle: "none", m: 0, p: 0, maxHeight: 320, overflowY: "auto" }}>
              {data.map((change) => (
                <Box component="li" key={`${change.at} ${change.change}`} sx={{ px: { xs: 1.75, sm: 2.25 }, py: 1, borderTop: 1, borderColor: "divider" }}>
                  <Box sx={{ display: "flex", gap: 1 }}>
                    <Typography component="span" sx={{ fontWeight: 600, fontSize: "0.875rem" }}>
                      {whatChanged(change)}
                    </Typography>
                    <Typography component="span" variant="caption" sx={{ color: "text.secondary", ml: "auto", whiteSpace: "nowrap" }}>
                      <TimeAgo at={change.at} />
                    </Typography>
                  </Box>
                  <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
                    {change.actor}: {change.reason}
                  </Typography>
                </Box>
              ))}
            </Box>
          )
        }
      </Answer>
    </Panel>
  );
}

function whatChanged({ change, mode, frozen_until: until }: ScalingChange): string {
  if (change === "mode") return `Mode ${mode}`;
  if (change === "freeze" && until !== null) return `Frozen until ${formatMoment(until)}`;
  return formatName(change);
}
