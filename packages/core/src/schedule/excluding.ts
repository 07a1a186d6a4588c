import { LAST_INSTANT } from "../base/number-range.js";
import type { Schedule, ScheduleJson } from "../contract/schedule.js";
import { DAY_MS } from "./civil-date.js";
import type { DaySet, ExcludedDay } from "./excluded-days.js";
import { endOfStretch, hasDay, localDayOf, piecesOfDay, shownUntil } from "./local-days.js";
import { nextInRange } from "./search-range.js";
import type { ZoneOffsets } from "./zone-offsets.js";

/** What becomes of an occurrence on an excluded day. */
export type OnExcluded = "skip" | "next-day" | "previous-day";

/** The days that a rule leaves out, as they are stored beside it. */
export interface Exclusions {
  readonly except: readonly ExcludedDay[];
  readonly onExcluded: OnExcluded;
  /** The zone of the days. */
  readonly timezone: string;
}

/** The type of a rule with exclusions. It is not read from JSON: an entry stores rule and exclusions apart. */
export const EXCLUDING = "excluding";

/** Days without an occurrence of their own: `null` has no end within the search. */
interface Run {
  readonly first: number | null;
  readonly last: number | null;
}

/** So many occurrences in a row are excluded at least before a search ends. */
const LEAST_VISITS = 40;

/**
 * A rule without the instants of some days; these are dropped, or moved to the nearest day that is left, at the same time of
 * the wall clock. The instants are those of the rule and the days, whatever is asked (R12, R51).
 */
export class ExcludingSchedule implements Schedule {
  readonly type: string = EXCLUDING;
  readonly rule: Schedule;
  readonly timezone: string;
  readonly #exclusions: Exclusions;
  readonly #days: DaySet;
  readonly #zone: ZoneOffsets;

  constructor(rule: Schedule, exclusions: Exclusions, days: DaySet, zone: ZoneOffsets) {
    this.rule = rule;
    this.timezone = exclusions.timezone;
    this.#exclusions = exclusions;
    this.#days = days;
    this.#zone = zone;
    Object.freeze(this);
  }

  next(after: number): number | null {
    return nextInRange(after, (start) => this.#firstAfter(start));
  }

  /** Goes through the rule's instants, over excluded days in leaps, until none can be earlier than the best one. */
  #firstAfter(after: number): number | null {
    const shown = shownUntil(this.#zone, after);
    let best = this.#movedNear(Math.floor(shown / DAY_MS), shown);
    let firstExcluded: number | undefined;
    let start = after;
    for (let visits = 0; ; visits += 1) {
      const at = this.rule.next(start);
      if (at === null || at >= best) return finite(best);
      const day = localDayOf(this.#zone, at);
      if (!this.#days.has(day)) return Math.min(at, best, this.#movedBackTo(day, shown));
      const run = this.#runOf(day);
      best = Math.min(best, this.#moved(run, shown));
      firstExcluded ??= day;
      const isLong = visits >= LEAST_VISITS && day - firstExcluded > this.#days.searchDays;
      if (run.last === null || isLong) return finite(best);
      start = endOfStretch(this.#zone, at, run.last);
    }
  }

  /** The first instant that is moved to the day, or over it, and is later than `shown`; `Infinity`: none. */
  #movedNear(day: number, shown: number): number {
    if (this.#exclusions.onExcluded === "skip") return Infinity;
    if (this.#exclusions.onExcluded === "previous-day") return this.#movedBackTo(day, shown);
    if (this.#isClosed(day)) return this.#moved(this.#runOf(day), shown);
    return this.#isClosed(day - 1) ? this.#moved(this.#runOf(day - 1), shown) : Infinity;
  }

  #movedBackTo(day: number, shown: number): number {
    if (this.#exclusions.onExcluded !== "previous-day" || this.#isClosed(day) || !this.#isClosed(day + 1))
      return Infinity;
    return this.#moved(this.#runOf(day + 1), shown);
  }

  /** Epoch ms of the first instant of the run that is shown after `shown` (local ms) on the day to which it is moved. */
  #moved({ first, last }: Run, shown: number): number {
    const { onExcluded } = this.#exclusions;
    // A run without an end is not moved to its other side, either: it would be moved for ever.
    if (onExcluded === "skip" || first === null || last === null) return Infinity;
    const target = (onExcluded === "next-day" ? last + 1 : first - 1) * DAY_MS;
    if (target + DAY_MS <= shown || target > LAST_INSTANT) return Infinity;
    let earliest = Infinity;
    for (let day: number | null = first; day !== null && day <= last; day = this.#nextDayOf(day)) {
      for (const { from, until, offsetMs } of piecesOfDay(this.#zone, day)) {
        const toLocal = offsetMs + target - day * DAY_MS;
        const start = Math.max(from - 1, shown - toLocal);
        const at = start < until ? this.rule.next(start) : null;
        if (at !== null && at < until) earliest = Math.min(earliest, at + toLocal);
      }
    }
    return earliest === Infinity ? Infinity : this.#zone.firstInstantAt(earliest);
  }

  /** A later day, so that no day between has an instant of the rule; `null`: none. */
  #nextDayOf(day: number): number | null {
    const [piece] = piecesOfDay(this.#zone, day);
    if (piece === undefined) return day + 1;
    const next = this.rule.next(piece.until - 1);
    return next === null ? null : Math.max(day + 1, localDayOf(this.#zone, next));
  }

  /** The closed days around a closed day. */
  #runOf(day: number): Run {
    const end = (step: 1 | -1): number | null => {
      let current = day;
      for (let count = 0; count < this.#days.searchDays; count += 1) {
        const range = this.#days.rangeAt(current);
        if (range) current = step === 1 ? range.last : range.first;
        if (!this.#isClosed(current + step)) return current;
        current += step;
      }
      return null;
    };
    return { first: this.#exclusions.onExcluded === "skip" ? day : end(-1), last: end(1) };
  }

  /** Whether nothing can be moved to the day: it is excluded, or the zone never shows it. */
  #isClosed(day: number): boolean {
    return this.#days.has(day) || !hasDay(this.#zone, day);
  }

  toJSON(): ScheduleJson {
    const { except, onExcluded, timezone } = this.#exclusions;
    return {
      type: this.type,
      schedule: this.rule.toJSON(),
      except,
      ...(onExcluded === "skip" ? {} : { onExcluded }),
      // Else the rule says it.
      ...(this.rule.timezone === undefined ? { exceptTimezone: timezone } : {}),
    };
  }

  toString(): string {
    const { except, onExcluded, timezone } = this.#exclusions;
    const shown = except.slice(0, 4).map((item) => (typeof item === "string" ? item : `calendar ${item.calendar}`));
    const others = except.length > shown.length ? ` and ${except.length - shown.length} more` : "";
    const zone = this.rule.timezone === timezone ? "" : ` (${timezone})`;
    const moved = onExcluded === "skip" ? "" : `, moved to the ${onExcluded.replace("-", " ")}`;
    return `${this.rule.toString()}, except ${shown.join(", ")}${others}${zone}${moved}`;
  }
}

function finite(instant: number): number | null {
  return instant === Infinity ? null : instant;
}
