import { wallClockOf } from "../output/wall-clock.js";
import type { Span } from "./simulated-range.js";

/** Changes of a zone's clocks are further apart than this. */
const PROBE_MS = 86_400_000;
/** Bounds the work: in a range of more days than this, some changes may be missed. */
const MAX_PROBES = 20_000;

/** A moment at which the clocks of a zone are put forward or back. */
export interface ClockChange {
  /** Epoch ms of the first moment on the new offset. */
  readonly at: number;
  /** Offsets from UTC, as in `+01:00`. */
  readonly before: string;
  readonly after: string;
}

/** The changes in `from <= at < to`, ascending. */
export function findClockChanges({ from, to }: Span, zone: string): ClockChange[] {
  const stepMs = Math.max(PROBE_MS, Math.ceil((to - from) / MAX_PROBES));
  const changes: ClockChange[] = [];
  for (let known = from - 1; known < to - 1;) {
    const next = Math.min(known + stepMs, to - 1);
    const [before, after] = [wallClockOf(known, zone).offset, wallClockOf(next, zone).offset];
    if (before !== after) changes.push({ at: firstWithout(before, known, next, zone), before, after });
    known = next;
  }
  return changes;
}

/** The change lies in `low < at <= high`. */
function firstWithout(offset: string, low: number, high: number, zone: string): number {
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (wallClockOf(middle, zone).offset === offset) low = middle;
    else high = middle;
  }
  return high;
}
