import { Box, Button, Chip, Collapse, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { EmptyState } from "@/components/empty-state";
import { Facts } from "@/components/facts";
import { DownIcon, SteadyIcon, UpIcon } from "@/components/icons";
import { Panel } from "@/components/panel";
import { TimeAgo } from "@/components/time-ago";
import { decisionsQuery } from "@/features/scaling/api/scaling";
import { Answer } from "@/features/scaling/components/answer";
import { ClampList } from "@/features/scaling/components/explanation-details";
import { toneOf } from "@/features/scaling/words";
import type { Decision, Judgement } from "@/lib/api/types";
import { formatCount, formatNumber, formatQuantile, isNumber } from "@/lib/format";

/** What was decided and why, and what it was in hindsight. */
export function TargetDecisionsPanel({ name }: { readonly name: string }) {
  const decisions = useQuery(decisionsQuery(name));
  return (
    <Panel title="Latest decisions" detail="Judged once their horizon has passed" flush>
      <Answer query={decisions} failure="The decisions could not be read" height={320} flush>
        {(data) =>
          data.length === 0 ? (
            <EmptyState title="No decision yet">As soon as the autoscaler weighs a replica count, it says here why.</EmptyState>
          ) : (
            <Box component="ol" tabIndex={0} aria-label="Decisions, newest first" sx={{ listStyle: "none", m: 0, p: 0, maxHeight: 620, overflowY: "auto" }}>
              {data.map((decision) => (
                <DecisionRow key={`${decision.at} ${decision.reason}`} decision={decision} />
              ))}
            </Box>
          )
        }
      </Answer>
    </Panel>
  );
}

function DecisionRow({ decision }: { readonly decision: Decision }) {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const { from_replicas: from, to_replicas: to, judgement } = decision;
  const Icon = to > from ? UpIcon : to < from ? DownIcon : SteadyIcon;
  const change = from === to ? `stays at ${String(to)}` : `${String(from)} → ${String(to)}`;
  return (
    <Box component="li" sx={{ px: { xs: 1.75, sm: 2.25 }, py: 1.25, borderTop: 1, borderColor: "divider" }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1, rowGap: 0.5 }}>
        <Icon sx={{ color: to > from ? "warning.main" : to < from ? "success.main" : "text.secondary" }} fontSize="small" aria-hidden />
        <Typography component="span" sx={{ fontWeight: 600, fontSize: "0.875rem", fontVariantNumeric: "tabular-nums" }}>
          {change}
        </Typography>
        {judgement && <VerdictChip judgement={judgement} />}
        {!decision.acted && from !== to && <Chip size="small" variant="outlined" label="not applied" />}
        <Typography component="span" variant="caption" sx={{ color: "text.secondary", ml: "auto" }}>
          <TimeAgo at={decision.at} />
        </Typography>
        <Button
          size="small"
          color="inherit"
          aria-expanded={isOpen}
          aria-controls={id}
          aria-label={`Figures of ${change}`}
          sx={{ minHeight: 32, minWidth: 0, px: 1, color: "text.secondary" }}
          onClick={() => {
            setIsOpen(!isOpen);
          }}
        >
          {isOpen ? "Less" : "Figures"}
        </Button>
      </Box>
      <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
        {decision.reason}
      </Typography>
      <Collapse in={isOpen} unmountOnExit>
        <Box id={id} sx={{ pt: 1.5 }}>
          <DecisionFigures decision={decision} />
        </Box>
      </Collapse>
    </Box>
  );
}

export function VerdictChip({ judgement }: { readonly judgement: Judgement }) {
  const { verdict, regret } = judgement;
  const cost = isNumber(regret) && regret > 0 ? `, regret ${formatNumber(regret)} replica-hours` : "";
  return <Chip size="small" variant="outlined" color={toneOf(verdict)} label={`${verdict}${cost}`} />;
}

function DecisionFigures({ decision: { details, judgement, mode } }: { readonly decision: Decision }) {
  const unit = details.load_unit ?? "";
  const amount = (value: number | null | undefined) => (isNumber(value) ? `${formatNumber(value)} ${unit}` : "–");
  return (
    <>
      <Facts
        entries={[
          ["Load", amount(details.load)],
          ["Ready", formatCount(details.ready)],
          ["Capacity of a replica", amount(details.capacity)],
          ["Reactive count", formatCount(details.reactive)],
          ["Reactive alone", formatCount(details.alone)],
          [`Forecast, ${formatQuantile(details.quantile)}`, amount(details.forecast)],
          ["Floor by the forecast", formatCount(details.floor)],
          ["Mode", mode],
          ...(judgement
            ? ([
                ["Best in hindsight", formatCount(judgement.best)],
                ["Most that was needed", formatCount(judgement.needed)],
                ["Regret", isNumber(judgement.regret) ? `${formatNumber(judgement.regret)} replica-hours` : "–"],
              ] as const)
            : []),
        ]}
      />
      <ClampList clamps={details.clamps} />
      {judgement?.sentence && (
        <Typography variant="body2" sx={{ mt: 1.5, overflowWrap: "anywhere" }}>
          In hindsight: {judgement.sentence}
        </Typography>
      )}
    </>
  );
}
