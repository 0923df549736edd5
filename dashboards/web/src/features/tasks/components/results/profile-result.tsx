import { Stack } from "@mui/material";
import { Panel } from "@/components/panel";
import { Bars } from "@/features/tasks/components/results/bars";
import { ColumnList } from "@/features/tasks/components/results/column-list";
import type { Profile } from "@/features/tasks/results/profile";
import { formatBytes, formatCount } from "@/lib/format";

export function ProfileResult({ profile }: { readonly profile: Profile }) {
  const size = profile.sizeBytes === undefined ? "" : `, ${formatBytes(profile.sizeBytes)}`;
  return (
    <Stack spacing={2}>
      <Panel
        title={profile.dataset === "" ? "Profile" : profile.dataset}
        detail={`${formatCount(profile.rows)} rows, ${formatCount(profile.columns.length)} columns${size}`}
        flush
      >
        <ColumnList columns={profile.columns} />
      </Panel>
      {profile.correlations.length > 0 && (
        <Panel title="Strongest correlations" detail="Pearson, −1 to 1, over the rows where both columns have a value">
          <Bars
            label="Strongest correlations"
            full={1}
            entries={profile.correlations.map(({ one, other, value }) => ({
              name: `${one} – ${other}`,
              value,
              shown: value.toFixed(2).replace("-", "−"),
            }))}
          />
        </Panel>
      )}
    </Stack>
  );
}
