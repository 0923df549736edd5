import { useNow } from "@/hooks/use-now";
import type { Workload } from "@/lib/api/types";
import { formatAgo, formatNumber, formatQuantile, isNumber } from "@/lib/format";

/** The forecast of a target in a line: how much, when, by which model; or why there is none. */
export function ForecastLine({ target }: { readonly target: Pick<Workload, "forecast" | "load_unit"> }) {
  const now = useNow();
  const { forecast, load_unit: unit } = target;
  if (forecast.status === "none") return `No forecast: ${forecast.reason ?? "the autoscaler gives no reason"}`;
  const when = isNumber(forecast.at) ? ` ${formatAgo(forecast.at * 1000, now)}` : "";
  const basis = forecast.basis ? `, by ${forecast.basis}` : "";
  const skill = isNumber(forecast.skill) ? ` (skill ${formatNumber(Number(forecast.skill.toFixed(2)))})` : "";
  return `${formatNumber(forecast.value)} ${unit}${when}, ${formatQuantile(forecast.quantile)} ${formatNumber(forecast.upper)}${basis}${skill}`;
}
