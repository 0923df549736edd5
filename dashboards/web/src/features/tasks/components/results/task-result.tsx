import { Box } from "@mui/material";
import { Panel } from "@/components/panel";
import { Facts } from "@/components/facts";
import { ProfileResult } from "@/features/tasks/components/results/profile-result";
import { TrainingResult } from "@/features/tasks/components/results/training-result";
import { profileIn } from "@/features/tasks/results/profile";
import type { Json } from "@/features/tasks/results/read";
import { trainingIn } from "@/features/tasks/results/training";
import { formatName, formatNumber } from "@/lib/format";

/** A result as its type deserves it; types that this page does not know are shown as they are. */
export function TaskResult({ type, result }: { readonly type: string; readonly result: Json }) {
  if (type === "dataset.profile") {
    const profile = profileIn(result);
    if (profile !== undefined) return <ProfileResult profile={profile} />;
  }
  if (type === "model.train") {
    const training = trainingIn(result);
    if (training !== undefined) return <TrainingResult training={training} />;
  }
  return (
    <Panel title="Result">
      {Object.values(result).every(isPlain) ? (
        <Facts entries={Object.entries(result).map(([name, value]) => [formatName(name), shown(value)])} />
      ) : (
        <Box component="pre" tabIndex={0} aria-label="Result" sx={{ m: 0, fontSize: "0.8125rem", overflow: "auto", maxHeight: 480 }}>
          {JSON.stringify(result, null, 2)}
        </Box>
      )}
    </Panel>
  );
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value !== "object";
}

function shown(value: unknown): string {
  return typeof value === "number" ? formatNumber(value) : String(value);
}
