import { FIRST_INSTANT, LAST_INSTANT } from "../base/number-range.js";
import type { Schedule } from "../contract/schedule.js";
import { MINUTE_MS } from "./civil-date.js";

/**
 * The newest instant in `(floor, notAfter]`, both epoch ms; `null`: there is none. It calls `next` some dozens of
 * times, even after a long outage with many instants (R16). This works because `next` is constant between instants
 * (R12).
 */
export function previousInstant(schedule: Pick<Schedule, "next">, notAfter: number, floor: number): number | null {
  const nextUpToEnd = (after: number): number | null => {
    const next = schedule.next(after);
    return next !== null && next <= notAfter ? next : null;
  };
  const lowest = Math.max(floor, FIRST_INSTANT - 1);
  const highest = Math.min(notAfter, LAST_INSTANT);
  let newest: number | null = null;
  for (let windowMs = MINUTE_MS; newest === null; windowMs *= 2) {
    const start = Math.max(lowest, highest - windowMs);
    newest = nextUpToEnd(start);
    if (newest === null && start === lowest) return null;
  }
  // `newest` is an instant, and there is none in (end, notAfter].
  let end = highest;
  while (newest < end) {
    const middle: number = Math.floor((newest + end) / 2);
    const later = nextUpToEnd(middle);
    if (later === null) end = middle;
    else newest = later;
  }
  return newest;
}
