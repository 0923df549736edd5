/** Live series prepared for plotting: several lines over one time axis, holes kept as holes. */
import type { Points } from "@/lib/api/types";
import { isNumber } from "@/lib/format";

/** `undefined`: this line has no sample at that time; `null`: a hole, the line breaks. */
export type Cell = number | null | undefined;
export type Table = [times: number[], ...lines: Cell[][]];

/** A silence of more than this many usual steps is a hole. */
const HOLE_STEPS = 3.5;

/** The newest measured value, not later than `until` (Unix seconds). */
export function lastValue(points: Points | undefined, until = Infinity): number | undefined {
  return points?.findLast((point): point is readonly [number, number] => point[0] <= until && isNumber(point[1]))?.[1] ?? undefined;
}


/** All lines over the union of their times, which rise strictly. */
export function aligned(lines: readonly Points[]): Table {
  const broken = lines.map(withHoles);
  const times = [...new Set(broken.flatMap((line) => line.map(([at]) => at)))].sort((a, b) => a - b);
  const index = new Map(times.map((at, position) => [at, position]));
  const columns = broken.map((line) => {
    const column: Cell[] = new Array<Cell>(times.length).fill(undefined);
    for (const [at, value] of line) {
      const position = index.get(at);
      if (position !== undefined) column[position] = isNumber(value) ? value : null;
    }
    return column;
  });
  return [times, ...columns];
}

/** A point without value is put into every silence, so that no line is drawn across it. */
export function withHoles(points: Points): Points {
  const step = usualStep(points);
  if (step === undefined) return points;
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    const isHole = before !== undefined && point[0] - before[0] > step * HOLE_STEPS;
    return isHole ? [[before[0] + step, null] as const, point] : [point];
  });
}

function usualStep(points: Points): number | undefined {
  const steps = points.slice(1).map(([at], index) => at - (points[index]?.[0] ?? at));
  steps.sort((a, b) => a - b);
  const middle = steps[Math.floor(steps.length / 2)];
  return middle !== undefined && middle > 0 ? middle : undefined;
}
