import { wallClockOf } from "../output/wall-clock.js";
import type { Span } from "../simulation/simulated-range.js";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Cell lengths that people count in, ascending. */
const CELLS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE_MS),
  ...[1, 2, 3, 4, 6, 8, 12].map((count) => count * HOUR_MS),
  ...[1, 2, 3, 4, 5, 7, 10, 14, 21, 28, 42, 56].map((count) => count * DAY_MS),
];

/** A range divided into cells of equal length; each is a column of the timeline. */
export interface TimelineScale {
  /** Epoch ms of the start of the first cell: aligned to the wall clock, at or before the range. */
  readonly start: number;
  readonly cellMs: number;
  readonly cells: number;
}

/** The finest scale that fits into `maxCells`. */
export function timelineScale({ from, to }: Span, zone: string, maxCells: number): TimelineScale {
  const { localMs } = wallClockOf(from, zone);
  const scaleOf = (cellMs: number): TimelineScale => {
    const alignMs = Math.min(cellMs, DAY_MS);
    const start = from - (((localMs % alignMs) + alignMs) % alignMs);
    return { start, cellMs, cells: Math.ceil((to - start) / cellMs) };
  };
  const fitting = CELLS_MS.map(scaleOf).find(({ cells }) => cells <= maxCells);
  // The first cell may begin up to a day before the range.
  return fitting ?? scaleOf(Math.ceil((to - from + DAY_MS) / maxCells / DAY_MS) * DAY_MS);
}

/** The start of cell number `cell`, epoch ms. */
export function startOfCell({ start, cellMs }: TimelineScale, cell: number): number {
  return start + cell * cellMs;
}

/** The number of the cell that contains a moment. */
export function cellOf({ start, cellMs }: TimelineScale, at: number): number {
  return Math.floor((at - start) / cellMs);
}

/** `30 s`, `15 min`, `4 h`, `7 d`. */
export function describeCell({ cellMs }: TimelineScale): string {
  if (cellMs < MINUTE_MS) return `${cellMs / SECOND_MS} s`;
  if (cellMs < HOUR_MS) return `${cellMs / MINUTE_MS} min`;
  return cellMs < DAY_MS ? `${cellMs / HOUR_MS} h` : `${cellMs / DAY_MS} d`;
}
