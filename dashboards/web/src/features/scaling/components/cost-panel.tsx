import { MenuItem, Stack, TextField, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Facts } from "@/components/facts";
import { Panel } from "@/components/panel";
import { costQuery } from "@/features/scaling/api/scaling";
import { Answer } from "@/features/scaling/components/answer";
import { formatNumber, formatSeconds } from "@/lib/format";

const WINDOWS = [
  { seconds: 3_600, label: "Last hour" },
  { seconds: 86_400, label: "Last day" },
  { seconds: 604_800, label: "Last 7 days" },
] as const;

/** What the forecast's floor cost above the reactive path alone, and what it spared. */
export function CostPanel({ name }: { readonly name: string }) {
  const [windowS, setWindowS] = useState<number>(86_400);
  const cost = useQuery(costQuery(name, windowS));
  return (
    <Panel
      title="What the floor costs"
      actions={
        <TextField
          select
          size="small"
          value={windowS}
          slotProps={{ select: { SelectDisplayProps: { "aria-label": "Time that is summed up" } } }}
          onChange={(event) => {
            setWindowS(Number(event.target.value));
          }}
        >
          {WINDOWS.map(({ seconds, label }) => (
            <MenuItem key={seconds} value={seconds}>
              {label}
            </MenuItem>
          ))}
        </TextField>
      }
    >
      <Answer query={cost} failure="The cost could not be read" height={110}>
        {(data) => (
          <Stack spacing={1.5}>
            <Typography variant="body2" sx={{ overflowWrap: "anywhere" }}>
              {data.sentence}
              {data.mode !== "enforce" && ` The mode is ${data.mode}: nobody acted on it.`}
            </Typography>
            {data.known_s > 0 && (
              <Facts
                entries={[
                  ["Replica-hours", formatNumber(data.replica_hours)],
                  ["Reactive alone", formatNumber(data.reactive_replica_hours)],
                  ["Too few replicas for", formatSeconds(data.short_s)],
                  ["Reactive alone, too few for", formatSeconds(data.reactive_short_s)],
                ]}
              />
            )}
          </Stack>
        )}
      </Answer>
    </Panel>
  );
}
