import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { guarded } from "../base/json.js";
import { refuseUnknownFields } from "../base/known-fields.js";
import { MAX_DURATION_MS } from "../base/number-range.js";
import type { Schedule, ScheduleJson, ScheduleType } from "../contract/schedule.js";
import { DAY_MS, HOUR_MS, MINUTE_MS, modulo, SECOND_MS } from "./civil-date.js";
import { formatDuration, parseDuration, parseMilliseconds } from "./duration.js";
import { parseInstant } from "./instant.js";
import { nextInRange } from "./search-range.js";
import { type ZoneOffsets, zoneOffsets } from "./zone-offsets.js";

export interface IntervalOptions {
  /** The moment from which the intervals are counted, as for `clocked`. Default 1970-01-01T00:00:00Z. */
  readonly anchor?: Date | string | number | undefined;
  /**
   * `true`: each instant is rounded down on the wall clock, as in Celery's relative schedules: to the day for an
   * interval of a day or longer, to the hour from an hour, to the minute from a minute, else to the second. Default
   * `false`.
   */
  readonly relative?: boolean | undefined;
  /**
   * IANA name of the wall clock's zone. Default: the zone passed to `inTimezone`, else UTC. Used only with `relative`.
   */
  readonly timezone?: string | undefined;
}

/** Due at `anchor + k * everyMs` for every whole `k` (R12): neither delays nor restarts shift it. */
class AnchoredInterval implements Schedule {
  readonly type = "interval";
  readonly everyMs: number;
  readonly anchor: number;

  constructor(everyMs: number, anchor: number) {
    this.everyMs = everyMs;
    this.anchor = anchor;
    Object.freeze(this);
  }

  next(after: number): number | null {
    return nextInRange(after, (start) => {
      const count = Math.floor((start - this.anchor) / this.everyMs) + 1;
      return this.anchor + count * this.everyMs;
    });
  }

  toJSON(): ScheduleJson {
    return { type: this.type, everyMs: this.everyMs, ...anchorJson(this.anchor) };
  }

  toString(): string {
    return `every ${formatDuration(this.everyMs)}`;
  }
}

/**
 * Due at `anchor + k * everyMs`, rounded down on the wall clock. Celery counts from the last run instead. That would
 * shorten each interval that is not a whole number of units (90 s to a minute), and make instants depend on the last
 * run, but they must depend only on the definition (R12). The first instant after the anchor is the same in both.
 */
class RelativeInterval implements Schedule {
  readonly type = "interval";
  readonly everyMs: number;
  readonly anchor: number;
  readonly relative = true;
  readonly timezone: string | undefined;
  readonly #unitMs: number;
  readonly #zone: ZoneOffsets;

  constructor(everyMs: number, anchor: number, timezone: string | undefined) {
    this.everyMs = everyMs;
    this.anchor = anchor;
    this.timezone = timezone;
    this.#unitMs = [DAY_MS, HOUR_MS, MINUTE_MS].find((unitMs) => everyMs >= unitMs) ?? SECOND_MS;
    this.#zone = zoneOffsets(timezone === undefined ? "UTC" : timezone);
    Object.freeze(this);
  }

  next(after: number): number | null {
    return nextInRange(after, (start) => this.#firstAfter(start));
  }

  #firstAfter(start: number): number {
    // Starts one earlier than real time says, because days are counted on the wall clock, which may have gone back since.
    for (let count = Math.floor((start - this.anchor) / this.everyMs) - 1; ; count += 1) {
      const instant = this.#unitMs === DAY_MS ? this.#dayAt(count) : this.#roundedAt(count);
      if (instant > start) return instant;
    }
  }

  /** Days are counted on the calendar: two midnights may be 23 or 25 hours apart. */
  #dayAt(count: number): number {
    const local = this.anchor + this.#zone.segmentAt(this.anchor).offsetMs + count * this.everyMs;
    return this.#zone.firstInstantAt(local - modulo(local, DAY_MS));
  }

  #roundedAt(count: number): number {
    const instant = this.anchor + count * this.everyMs;
    return instant - modulo(instant + this.#zone.segmentAt(instant).offsetMs, this.#unitMs);
  }

  inTimezone(timezone: string): Schedule {
    return this.timezone === undefined ? new RelativeInterval(this.everyMs, this.anchor, timezone) : this;
  }

  toJSON(): ScheduleJson {
    const zone = this.timezone === undefined ? {} : { timezone: this.timezone };
    return { type: this.type, everyMs: this.everyMs, ...anchorJson(this.anchor), relative: true, ...zone };
  }

  toString(): string {
    const unit = ({ [DAY_MS]: "day", [HOUR_MS]: "hour", [MINUTE_MS]: "minute" } as const)[this.#unitMs] ?? "second";
    const zone = this.timezone === undefined ? "" : ` (${this.timezone})`;
    return `every ${formatDuration(this.everyMs)}, rounded down to the ${unit}${zone}`;
  }
}

function anchorJson(anchor: number): { anchor?: string } {
  return anchor === 0 ? {} : { anchor: new Date(anchor).toISOString() };
}

/**
 * A rule that is due every `every`: text with units, such as `"90s"`, `"1h30m"`, `"1d"` or `"500ms"`; from 1 ms to 100
 * years. Intervals are real time, counted from the anchor: if the clocks change, `"1d"` shifts on the wall clock,
 * unless it is `relative`.
 * @throws ConfigError that names the field and the value; also for a bare number, which could be seconds or ms.
 */
export function interval(every: string, options: IntervalOptions = {}): Schedule {
  return guarded("interval", () => {
    refuseUnknownFields("the options of an interval", options, ["anchor", "relative", "timezone"]);
    return makeInterval("every", every, parseDuration("every", every), { ...options });
  });
}

/** Reads `{ type: "interval", everyMs, anchor?, relative?, timezone? }`. `everyMs`: whole ms, or text with units. */
export const intervalType: ScheduleType = {
  type: "interval",
  parse(json: ScheduleJson): Schedule {
    refuseUnknownFields("an interval schedule", json, ["type", "everyMs", "anchor", "relative", "timezone"]);
    const every = json["everyMs"];
    return makeInterval("everyMs", every, parseMilliseconds("everyMs", every), json);
  },
};

/** `field` and `every`: what a message names. */
function makeInterval(
  field: string,
  every: unknown,
  everyMs: number,
  options: Readonly<Record<string, unknown>>,
): Schedule {
  if (everyMs < 1) {
    const hint = "an interval is at least 1 ms, because a shorter one would be due without end";
    throw new ConfigError(`${field} ${describe(every)} is too short: ${hint}`, { field });
  }
  if (everyMs > MAX_DURATION_MS) {
    throw new ConfigError(`${field} ${describe(every)} is too long: an interval is at most 100 years`, { field });
  }
  const { anchor, relative = false, timezone } = options;
  const anchoredAt = anchor === undefined ? 0 : parseInstant("anchor", anchor);
  if (typeof relative !== "boolean") {
    throw new ConfigError(`relative ${describe(relative)} must be true or false`, { field: "relative" });
  }
  if (timezone !== undefined) zoneOffsets(timezone);
  if (!relative) return new AnchoredInterval(everyMs, anchoredAt);
  return new RelativeInterval(everyMs, anchoredAt, timezone as string | undefined);
}
