import { Box, Chip, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "@/components/empty-state";
import { Panel } from "@/components/panel";
import { TimeAgo } from "@/components/time-ago";
import { anomaliesQuery } from "@/features/scaling/api/scaling";
import { Answer } from "@/features/scaling/components/answer";
import type { Anomaly } from "@/lib/api/types";
import { formatName, formatNumber, formatSeconds } from "@/lib/format";

const WINDOW_S = 604_800;

/** What was out of the ordinary in the load, how surprising it was, and what it means. */
export function AnomaliesPanel({ name }: { readonly name: string }) {
  const anomalies = useQuery(anomaliesQuery(name, WINDOW_S));
  return (
    <Panel title="Anomalies" detail="Of the last 7 days" flush>
      <Answer query={anomalies} failure="The anomalies could not be read" height={120} flush>
        {(data) =>
          data.length === 0 ? (
            <EmptyState isSmall title="Nothing out of the ordinary" />
          ) : (
            <Box component="ol" tabIndex={0} aria-label="Anomalies, newest first" sx={{ listStyle: "none", m: 0, p: 0, maxHeight: 360, overflowY: "auto" }}>
              {data.map((anomaly) => (
                <AnomalyRow key={`${String(anomaly.at)} ${anomaly.kind}`} anomaly={anomaly} />
              ))}
            </Box>
          )
        }
      </Answer>
    </Panel>
  );
}

function AnomalyRow({ anomaly }: { readonly anomaly: Anomaly }) {
  const lasted = anomaly.at - anomaly.since;
  return (
    <Box component="li" sx={{ px: { xs: 1.75, sm: 2.25 }, py: 1.25, borderTop: 1, borderColor: "divider" }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1 }}>
        <Typography component="span" sx={{ fontWeight: 600, fontSize: "0.875rem" }}>
          {formatName(anomaly.kind)}
          {anomaly.direction !== "none" && `, ${anomaly.direction}`}
        </Typography>
        <Chip size="small" variant="outlined" label={`score ${formatNumber(Number(anomaly.score.toFixed(2)))}`} />
        <Typography component="span" variant="caption" sx={{ color: "text.secondary", ml: "auto" }}>
          <TimeAgo at={new Date(anomaly.at * 1000).toISOString()} />
          {lasted > 0 && `, began ${formatSeconds(lasted)} before`}
        </Typography>
      </Box>
      <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
        {anomaly.explanation}
      </Typography>
    </Box>
  );
}
