import { Box, Stack, Typography } from "@mui/material";
import { Panel } from "@/components/panel";
import { Bars } from "@/features/tasks/components/results/bars";
import { Facts } from "@/components/facts";
import type { Score, Training } from "@/features/tasks/results/training";
import { formatBytes, formatCount, formatName, formatNumber } from "@/lib/format";

const NAMES: Record<string, string> = { r2: "R²", f1_macro: "F1, macro" };

export function TrainingResult({ training }: { readonly training: Training }) {
  return (
    <Stack spacing={2}>
      <Panel
        title={`${formatName(training.kind)} of ${training.target}`}
        detail={`Scores of ${formatCount(training.folds)}-fold cross-validation, mean ± standard deviation`}
      >
        <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: "repeat(auto-fit, minmax(180px, 1fr))" }}>
          {training.scores.map((score) => (
            <ScoreCard key={score.name} score={score} />
          ))}
        </Box>
        <Box sx={{ mt: 3 }}>
          <Facts
            entries={[
              ["Dataset", training.dataset],
              ["Rows used", `${formatCount(training.rowsUsed)} of ${formatCount(training.rowsInDataset)}`],
              ["Model file", `${formatBytes(training.modelBytes)}, skops`],
            ]}
          />
        </Box>
      </Panel>
      {training.importances.length > 0 && (
        <Panel title="What the prediction rests on" detail="Loss of score when a feature is shuffled">
          <Bars
            label="Importance of the features"
            entries={training.importances.map(({ feature, importance }) => ({
              name: feature,
              value: importance,
              shown: formatNumber(importance),
            }))}
          />
        </Panel>
      )}
      {training.dropped.length > 0 && (
        <Panel title="Columns left out">
          <Facts entries={training.dropped} />
        </Panel>
      )}
    </Stack>
  );
}

function ScoreCard({ score }: { readonly score: Score }) {
  return (
    <Box sx={{ borderLeft: 3, borderColor: "primary.main", pl: 1.5 }}>
      <Typography variant="overline" component="p" sx={{ color: "text.secondary" }}>
        {NAMES[score.name] ?? formatName(score.name)}
      </Typography>
      <Typography component="p" sx={{ fontSize: "1.5rem", fontWeight: 650, lineHeight: 1.3, fontVariantNumeric: "tabular-nums" }}>
        {formatNumber(score.mean)}
        {score.deviation !== undefined && (
          <Box component="span" sx={{ fontSize: "0.875rem", fontWeight: 500, color: "text.secondary" }}>
            {" ± "}
            {formatNumber(score.deviation)}
          </Box>
        )}
      </Typography>
      {score.baseline !== undefined && (
        <Typography variant="caption" sx={{ color: "text.secondary" }}>
          naive baseline {formatNumber(score.baseline)}
        </Typography>
      )}
    </Box>
  );
}
