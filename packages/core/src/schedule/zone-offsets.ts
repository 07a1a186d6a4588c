import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { LAST_INSTANT } from "../base/number-range.js";
import { DAY_MS, SECOND_MS } from "./civil-date.js";

/** A time in which the clocks of a zone do not change. */
interface OffsetSegment {
  /** Epoch ms: it covers `from <= instant < until`. It may also end without a change, at the end of a table. */
  readonly from: number;
  readonly until: number;
  /** Wall clock minus instant, in ms: positive east of Greenwich. */
  readonly offsetMs: number;
  /**
   * Wall-clock times of this segment before this one are repeated: the clocks went back after showing them once.
   */
  readonly repeatedUntil: number;
}

/** More than any change of the clocks: a move over the date line is a day, and all offsets lie within 26 hours. */
export const MAX_SHIFT_MS: number = 2 * DAY_MS;

/** A table holds the changes of about a year. */
const TABLE_MS = 366 * DAY_MS;
/** Two changes that undo each other are at least 3.99 days apart (Freetown, 1939); since 1970, 6.96 days. */
const PROBE_MS = 3 * DAY_MS;
/** Local mean time applies before the first table. There are no instants after the last one. */
const FIRST_TABLE = Math.floor(Date.UTC(1800, 0, 1) / TABLE_MS);
const LAST_TABLE = Math.floor(LAST_INSTANT / TABLE_MS);

/** The offsets of one time zone, read from `Intl` once per year that is needed. */
export class ZoneOffsets {
  readonly #format: Intl.DateTimeFormat;
  readonly #tables = new Map<number, readonly OffsetSegment[]>();
  /** The segments before the first table and after the last one. With them every search ends. */
  readonly #before: OffsetSegment;
  readonly #after: OffsetSegment;
  #last: OffsetSegment;

  /** @throws RangeError for a name that `Intl` does not know. */
  constructor(timezone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    const [start, end] = [FIRST_TABLE * TABLE_MS, (LAST_TABLE + 1) * TABLE_MS];
    const last = this.#offsetAt(end);
    this.#before = { from: -Infinity, until: start, offsetMs: this.#offsetAt(start), repeatedUntil: -Infinity };
    this.#after = { from: end, until: Infinity, offsetMs: last, repeatedUntil: end + last };
    this.#last = this.#before;
  }

  /** The segment that contains `instant`. */
  segmentAt(instant: number): OffsetSegment {
    const last = this.#last;
    if (instant >= last.from && instant < last.until) return last;
    return (this.#last = this.#find(instant));
  }

  #find(instant: number): OffsetSegment {
    const index = Math.floor(instant / TABLE_MS);
    if (!(index >= FIRST_TABLE)) return this.#before;
    if (index > LAST_TABLE) return this.#after;
    return this.#tableOf(index).findLast((segment) => segment.from <= instant)!;
  }

  /** The first instant at which the wall clock shows `localMs`, or a later time if that one is skipped. */
  firstInstantAt(localMs: number): number {
    let segment = this.segmentAt(localMs - MAX_SHIFT_MS);
    for (;;) {
      const instant = Math.max(localMs - segment.offsetMs, segment.from);
      if (segment === this.#after || !(instant >= segment.until)) return instant;
      segment = this.segmentAt(segment.until);
    }
  }

  #tableOf(index: number): readonly OffsetSegment[] {
    const known = this.#tables.get(index);
    if (known !== undefined) return known;
    const table = this.#buildTable(index * TABLE_MS, (index + 1) * TABLE_MS);
    this.#tables.set(index, table);
    return table;
  }

  #buildTable(start: number, end: number): OffsetSegment[] {
    // Starts a little earlier, because a change shortly before the table may repeat times in it.
    const changes = this.#findChanges(start - MAX_SHIFT_MS, end);
    const segments: OffsetSegment[] = [];
    let from = start - MAX_SHIFT_MS;
    let shownUntil = -Infinity;
    for (const until of [...changes, end]) {
      const offsetMs = this.#offsetAt(from);
      const clipped = Math.max(from, start);
      const repeatedUntil = Math.max(shownUntil, clipped + offsetMs);
      if (clipped < until) segments.push({ from: clipped, until, offsetMs, repeatedUntil });
      shownUntil = Math.max(shownUntil, until + offsetMs);
      from = until;
    }
    return segments;
  }

  /** The instants in `(start, end)` at which the offset changes, ascending. */
  #findChanges(start: number, end: number): number[] {
    const changes: number[] = [];
    for (let low = start; low < end; low += PROBE_MS) this.#bisect(low, Math.min(low + PROBE_MS, end), changes);
    return changes.filter((change) => change < end);
  }

  #bisect(low: number, high: number, changes: number[]): void {
    if (this.#offsetAt(low) === this.#offsetAt(high)) return;
    if (high - low <= SECOND_MS) {
      changes.push(high);
      return;
    }
    const middle = low + Math.floor((high - low) / 2 / SECOND_MS) * SECOND_MS;
    this.#bisect(low, middle, changes);
    this.#bisect(middle, high, changes);
  }

  #offsetAt(instant: number): number {
    const text = this.#format.format(instant); // 03/28/2027, 03:00:00
    const at = (start: number, end: number): number => Number(text.slice(start, end));
    return Date.UTC(at(6, 10), at(0, 2) - 1, at(3, 5), at(12, 14), at(15, 17), at(18, 20)) - instant;
  }
}

const zones = new Map<string, ZoneOffsets>();

/** The offsets of a zone: one object per name. @throws ConfigError if `timezone` is not the name of a time zone. */
export function zoneOffsets(timezone: unknown): ZoneOffsets {
  const known = typeof timezone === "string" ? zones.get(timezone) : undefined;
  if (known !== undefined) return known;
  const hint = 'use a name of the IANA database such as "Europe/Berlin" or "UTC"';
  const message = `timezone ${describe(timezone)} is not a time zone: ${hint}`;
  // Newer engines also accept offsets as names, but a rule must mean the same on every node (R12).
  if (typeof timezone !== "string" || /^[+-]/.test(timezone)) throw new ConfigError(message, { field: "timezone" });
  try {
    const zone = new ZoneOffsets(timezone);
    zones.set(timezone, zone);
    return zone;
  } catch {
    // Without the cause, which repeats the text as it is: it may be a URI in the wrong place.
    throw new ConfigError(message, { field: "timezone" });
  }
}

/**
 * Returns the name; for authors of schedule types.
 * @throws ConfigError if `timezone` is not the name of a time zone.
 */
export function checkTimezone(timezone: unknown): string {
  zoneOffsets(timezone);
  return timezone as string;
}
