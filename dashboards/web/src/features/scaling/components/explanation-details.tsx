import { Box, Typography } from "@mui/material";
import { Facts } from "@/components/facts";
import { figureName } from "@/features/scaling/words";
import type { Clamp, Explanation } from "@/lib/api/types";
import { formatNumber, formatQuantile, formatSeconds, isNumber } from "@/lib/format";

/** The sentence of a decision as the API has it, then every figure behind it and what limited it. */
export function ExplanationDetails({ explanation }: { readonly explanation: Explanation }) {
  const { interval, decision } = explanation;
  const unit = decision.details.load_unit ?? "";
  return (
    <>
      <Typography sx={{ fontWeight: 550, overflowWrap: "anywhere", mb: 1.75 }}>{explanation.sentence}</Typography>
      <Facts
        entries={[
          ...explanation.inputs.map(({ name, value, unit: its }) => [figureName(name), `${formatNumber(value)} ${its}`] as const),
          ...(interval === null ? [] : intervalFacts(interval, unit)),
        ]}
      />
      {explanation.absence !== null && (
        <Typography variant="body2" sx={{ mt: 1.5, overflowWrap: "anywhere" }}>
          No forecast: {explanation.absence}
        </Typography>
      )}
      <ClampList clamps={explanation.clamps} />
    </>
  );
}

/** What changed the count on its way, in order. */
export function ClampList({ clamps }: { readonly clamps: readonly Clamp[] }) {
  if (clamps.length === 0) return null;
  return (
    <Box component="ol" aria-label="What changed the count, in order" sx={{ m: 0, mt: 1.5, pl: 2.5, fontSize: "0.875rem" }}>
      {clamps.map((clamp) => (
        <Box component="li" key={`${clamp.name} ${clamp.why}`} sx={{ overflowWrap: "anywhere" }}>
          <Box component="strong" sx={{ fontWeight: 600 }}>
            {clamp.name}
          </Box>
          {isNumber(clamp.from) && isNumber(clamp.to) && ` ${String(clamp.from)} → ${String(clamp.to)}`}: {clamp.why}
        </Box>
      ))}
    </Box>
  );
}

function intervalFacts(interval: NonNullable<Explanation["interval"]>, unit: string): (readonly [string, string])[] {
  const level = formatQuantile(interval.quantile);
  const horizon = isNumber(interval.horizon_s) ? `in ${formatSeconds(interval.horizon_s)}` : "at the horizon";
  const known = [
    [`Median ${horizon}`, interval.median],
    [`Lower quantile ${horizon}`, interval.lower],
    [`${level} ${horizon}`, interval.upper],
  ] as const;
  return known.flatMap(([label, value]) => (isNumber(value) ? [[label, `${formatNumber(value)} ${unit}`] as const] : []));
}
