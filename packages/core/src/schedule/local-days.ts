import { DAY_MS } from "./civil-date.js";
import { MAX_SHIFT_MS, type ZoneOffsets } from "./zone-offsets.js";

/** A time in which a zone shows one day, and its clocks do not change. Epoch ms: `from <= instant < until`. */
interface DayPiece {
  readonly from: number;
  readonly until: number;
  readonly offsetMs: number;
}

/** The day that the zone shows at an instant, counted from 1970-01-01. */
export function localDayOf(zone: ZoneOffsets, instant: number): number {
  return Math.floor((instant + zone.segmentAt(instant).offsetMs) / DAY_MS);
}

/** The latest time that the zone has shown up to an instant, in local ms: the clocks may have gone back since. */
export function shownUntil(zone: ZoneOffsets, instant: number): number {
  const { offsetMs, repeatedUntil } = zone.segmentAt(instant);
  return Math.max(instant + offsetMs, repeatedUntil - 1);
}

/** When the zone shows a day, in the order of time. Empty: never, as it went over the date line. */
export function piecesOfDay(zone: ZoneOffsets, day: number): readonly DayPiece[] {
  const [start, end] = [day * DAY_MS, (day + 1) * DAY_MS];
  const pieces: DayPiece[] = [];
  let segment = zone.segmentAt(start - MAX_SHIFT_MS);
  for (;;) {
    const from = Math.max(segment.from, start - segment.offsetMs);
    const until = Math.min(segment.until, end - segment.offsetMs);
    if (from < until) pieces.push({ from, until, offsetMs: segment.offsetMs });
    if (segment.until >= end + MAX_SHIFT_MS) return pieces;
    segment = zone.segmentAt(segment.until);
  }
}

/** Whether the zone shows the day at all. */
export function hasDay(zone: ZoneOffsets, day: number): boolean {
  const noon = (day + 0.5) * DAY_MS;
  const { from, until, offsetMs } = zone.segmentAt(noon);
  const instant = noon - offsetMs;
  return (instant >= from && instant < until) || piecesOfDay(zone, day).length > 0;
}

/** The last instant before the zone first leaves the days up to `last`, or changes its clocks. `instant`: in one of them. */
export function endOfStretch(zone: ZoneOffsets, instant: number, last: number): number {
  const { until, offsetMs } = zone.segmentAt(instant);
  return Math.min(until, (last + 1) * DAY_MS - offsetMs) - 1;
}
