import { wallClockOf } from "../output/wall-clock.js";
import { startOfCell, type TimelineScale } from "./timeline-scale.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** 1970 began on a Thursday; weeks begin on Mondays. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** A spacing of the ruler: a tick wherever `periodOf` the wall clock changes. */
interface Step {
  readonly ms: number;
  readonly periodOf: (localMs: number) => number;
  readonly labelOf: (localMs: number) => string;
}

const time = (length: number) => (localMs: number) => new Date(localMs).toISOString().slice(11, 11 + length);
const date = (from: number, to: number) => (localMs: number) => new Date(localMs).toISOString().slice(from, to);

function every(ms: number, labelOf: Step["labelOf"]): Step {
  return { ms, periodOf: (localMs) => Math.floor((localMs - (ms < 7 * DAY_MS ? 0 : FIRST_MONDAY_MS)) / ms), labelOf };
}

function months(count: number): Step {
  const periodOf = (localMs: number): number => {
    const shown = new Date(localMs);
    return Math.floor((shown.getUTCFullYear() * 12 + shown.getUTCMonth()) / count);
  };
  return { ms: count * 30 * DAY_MS, periodOf, labelOf: date(0, 7) };
}

const DAYS: Step = every(DAY_MS, date(0, 10));
const STEPS: readonly Step[] = [
  ...[5_000, 10_000, 15_000, 30_000].map((ms) => every(ms, time(8))),
  ...[1, 2, 5, 10, 15, 20, 30].map((count) => every(count * MINUTE_MS, time(5))),
  ...[1, 2, 3, 4, 6, 12].map((count) => every(count * HOUR_MS, time(5))),
  ...[1, 2, 7, 14].map((count) => every(count * DAY_MS, date(5, 10))),
  ...[1, 2, 3, 6, 12, 24, 60, 120, 600].map(months),
];
/** Columns between two labels; `MIN_GAP` where the clocks were put forward. */
const GAP = 2;
const MIN_GAP = 1;

export interface TimelineRuler {
  /** Lines of labels, beginning at the first cell: dates, if the ticks are within days, then times or dates. */
  readonly labels: readonly string[];
  /** Cells that have a label in the last line. */
  readonly ticks: ReadonlySet<number>;
}

/** The wall clock at the start of each cell. */
interface CellClock {
  readonly cellMs: number;
  /** Starts one cell early, which shows whether a period begins with the first cell. */
  readonly localMs: readonly number[];
  /** Labels end within this number of columns. */
  readonly columns: number;
}

/** Labels the cells with the times of the zone's wall clock, in at most `columns`. */
export function timelineRuler(scale: TimelineScale, zone: string, columns: number): TimelineRuler {
  const clock = { cellMs: scale.cellMs, localMs: readClock(scale, zone), columns };
  const step = STEPS.find((each) => fits(each, clock)) ?? STEPS.at(-1)!;
  const ticks = placeLabels(step, clock);
  const lines = step.ms < DAY_MS ? [placeDates(clock), ticks] : [ticks];
  return { labels: lines.map(writeLabels), ticks: new Set(ticks.keys()) };
}

function fits({ ms, labelOf }: Step, { cellMs, localMs }: CellClock): boolean {
  const isHit = ms >= DAY_MS || ms % cellMs === 0;
  return isHit && ms / cellMs >= labelOf(localMs[0]!).length + GAP;
}

function readClock(scale: TimelineScale, zone: string): number[] {
  return Array.from({ length: scale.cells + 1 }, (_, cell) => {
    const { localMs } = wallClockOf(startOfCell(scale, cell - 1), zone);
    // After a change of the clocks, cells of a day begin at 23:00 or 1:00: name them after the day that they mostly cover.
    return scale.cellMs < DAY_MS ? localMs : Math.round(localMs / DAY_MS) * DAY_MS;
  });
}

/** The label of each cell in which a period begins, unless it would touch the one before it or the edge. */
function placeLabels({ ms, periodOf, labelOf }: Step, { cellMs, localMs, columns }: CellClock): Map<number, string> {
  const labels = new Map<number, string>();
  let free = 0;
  for (const [cell, before] of localMs.slice(0, -1).entries()) {
    const shown = localMs[cell + 1]!;
    if (cell < free || periodOf(shown) === periodOf(before)) continue;
    // If the clocks skip 2:00, a label 3:00 would leave no room for the one at 4:00.
    if (ms < DAY_MS && shown - before !== cellMs && shown % ms !== 0) continue;
    const label = labelOf(shown);
    if (cell + label.length > columns) break;
    labels.set(cell, label);
    free = cell + label.length + MIN_GAP;
  }
  return labels;
}

/** The date at the start of each day, and at the first cell if the next date leaves room for it. */
function placeDates(clock: CellClock): Map<number, string> {
  const dates = placeLabels(DAYS, clock);
  const [first = Infinity] = dates.keys();
  const label = DAYS.labelOf(clock.localMs[1]!);
  return first >= label.length + MIN_GAP ? new Map([[0, label], ...dates]) : dates;
}

function writeLabels(labels: ReadonlyMap<number, string>): string {
  let line = "";
  for (const [cell, label] of labels) line = line.padEnd(cell) + label;
  return line;
}
