/** Numbers and times as people read them; every quantity keeps its unit. */

const DASH = "–";
const MINUS = "−";
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

type Maybe = number | null | undefined;

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Three significant digits below a thousand, compact above. */
export function formatNumber(value: Maybe): string {
  if (!isNumber(value)) return DASH;
  const size = Math.abs(value);
  return value < 0 ? `${MINUS}${sized(size)}` : sized(size);
}

export function formatCount(value: Maybe): string {
  return isNumber(value) ? whole.format(value) : DASH;
}

export function formatRatio(value: Maybe): string {
  if (!isNumber(value)) return DASH;
  const percent = value * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.01) return "< 0.01 %";
  return `${String(Number(percent.toPrecision(percent >= 10 ? 3 : 2)))} %`;
}

function sized(size: number): string {
  if (size >= 10_000) return compact.format(size);
  if (size >= 100 || Number.isInteger(size)) return whole.format(size);
  if (size < 0.0001) return size.toExponential(1).replace("-", MINUS);
  return String(Number(size.toPrecision(3)));
}

/** A span of seconds with the unit that suits it. */
export function formatSeconds(value: Maybe): string {
  if (!isNumber(value)) return DASH;
  if (value === 0) return "0 s";
  if (value < 0.001) return `${formatNumber(value * 1e6)} µs`;
  if (value < 1) return `${formatNumber(value * 1000)} ms`;
  if (value < 60) return `${formatNumber(value)} s`;
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return joined(minutes, "min", Math.round(value % 60), "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return joined(hours, "h", minutes % 60, "min");
  return joined(Math.floor(hours / 24), "d", hours % 24, "h");
}

export function formatBytes(value: Maybe): string {
  if (!isNumber(value)) return DASH;
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  return `${formatNumber(value / 1000 ** step)} ${units[step] ?? "B"}`;
}

/** Memory as requests and limits of containers are written, in powers of 1,024. */
export function formatMemory(value: Maybe): string {
  if (!isNumber(value)) return DASH;
  const units = ["B", "Ki", "Mi", "Gi", "Ti"];
  const step = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1);
  return `${formatNumber(value / 1024 ** step)} ${units[step] ?? "B"}`;
}

export function formatClock(atMs: number): string {
  return clock.format(atMs);
}

export function formatMoment(at: string): string {
  const atMs = Date.parse(at);
  return Number.isNaN(atMs) ? DASH : moment.format(atMs);
}

/** A moment without seconds, with its day. */
export function formatDay(atMs: number): string {
  return day.format(atMs);
}

export function formatAgo(atMs: number, nowMs: number): string {
  const seconds = Math.round((atMs - nowMs) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return "just now";
  if (size < 60) return relative.format(seconds, "second");
  if (size < 3600) return relative.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return relative.format(Math.round(seconds / 3600), "hour");
  return relative.format(Math.round(seconds / 86_400), "day");
}

/** A level in (0, 1) by name: "95 % quantile". */
export function formatQuantile(level: Maybe): string {
  return isNumber(level) ? `${formatNumber(level * 100)} % quantile` : "upper quantile";
}

/** "dataset.profile" as a person would write it: "Dataset profile". */
export function formatName(name: string): string {
  const words = name.replaceAll(/[._-]+/g, " ").trim();
  if (words === "api") return "API";
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const head = `${String(large)} ${largeUnit}`;
  return small === 0 ? head : `${head} ${String(small)} ${smallUnit}`;
}
