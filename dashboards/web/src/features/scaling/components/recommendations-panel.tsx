import { Box, Table, TableBody, TableCell, TableContainer, TableHead, TableRow, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "@/components/empty-state";
import { Panel } from "@/components/panel";
import { recommendationsQuery } from "@/features/scaling/api/scaling";
import { Answer } from "@/features/scaling/components/answer";
import type { Recommendation } from "@/lib/api/types";
import { formatCount, formatMemory, isNumber } from "@/lib/format";

interface RecommendationsPanelProps {
  readonly title: string;
  /** Of one target; null: of every container. */
  readonly name: string | null;
}

/** What containers ask for beside what they should ask for. */
export function RecommendationsPanel({ title, name }: RecommendationsPanelProps) {
  const recommendations = useQuery(recommendationsQuery(name));
  return (
    <Panel title={title} detail="Recommended from usage; nothing is changed by it" flush>
      <Answer query={recommendations} failure="The recommendations could not be read" height={120} flush>
        {(data) =>
          data.length === 0 ? (
            <EmptyState isSmall title="No recommendation yet">The usage of its containers is not known for long enough.</EmptyState>
          ) : (
            <RecommendationTable recommendations={data} title={title} />
          )
        }
      </Answer>
    </Panel>
  );
}

function RecommendationTable({ recommendations, title }: { readonly recommendations: readonly Recommendation[]; readonly title: string }) {
  return (
    <TableContainer tabIndex={0} role="region" aria-label={`${title}, table`}>
      <Table size="small" sx={{ "& td": { fontVariantNumeric: "tabular-nums" }, "& tr > :first-of-type": { pl: { xs: 1.75, sm: 2.25 } }, "& tr:last-of-type > *": { borderBottom: 0 } }}>
        <TableHead>
          <TableRow>
            <TableCell>Container</TableCell>
            <TableCell>Resource</TableCell>
            <TableCell align="right">Asks for</TableCell>
            <TableCell align="right">Should ask for</TableCell>
            <TableCell align="right">Between</TableCell>
            <TableCell align="right">Limit</TableCell>
            <TableCell sx={{ minWidth: { xs: 480, md: 260 } }}>Why</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {recommendations.map((one) => (
            <RecommendationRow key={`${one.workload} ${one.container} ${one.resource}`} one={one} />
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

function RecommendationRow({ one }: { readonly one: Recommendation }) {
  const amount = (value: number | null | undefined) => formatResource(one.resource, value);
  const isKnown = isNumber(one.lower) && isNumber(one.upper);
  return (
    <TableRow>
      <TableCell component="th" scope="row" sx={{ fontWeight: 600 }}>
        {one.container}
        {one.container !== one.workload && (
          <Typography variant="caption" component="div" sx={{ color: "text.secondary" }}>
            {one.workload}
          </Typography>
        )}
      </TableCell>
      <TableCell>{one.resource}</TableCell>
      <TableCell align="right" sx={{ whiteSpace: "nowrap" }}>
        {amount(one.request)}
      </TableCell>
      <TableCell align="right" sx={{ whiteSpace: "nowrap" }}>
        <Box component="strong" sx={{ fontWeight: 600 }}>
          {amount(one.target)}
        </Box>
      </TableCell>
      <TableCell align="right" sx={{ whiteSpace: "nowrap" }}>
        {isKnown ? `${amount(one.lower)} to ${amount(one.upper)}` : "–"}
      </TableCell>
      <TableCell align="right" sx={{ whiteSpace: "nowrap" }}>
        {amount(one.limit)}
      </TableCell>
      <TableCell sx={{ color: "text.secondary" }}>{one.sentence}</TableCell>
    </TableRow>
  );
}

function formatResource(resource: Recommendation["resource"], value: number | null | undefined): string {
  switch (resource) {
    case "cpu":
      return isNumber(value) ? `${formatCount(value * 1000)} m` : "–";
    case "memory":
      return formatMemory(value);
  }
}
