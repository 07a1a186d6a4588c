import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { LAST_INSTANT } from "../base/number-range.js";
import type { Schedule, ScheduleJson } from "../contract/schedule.js";
import { startOfSearch } from "./search-range.js";

/** `next` is the answer for `from <= after < until`. */
interface Span {
  readonly from: number;
  readonly until: number;
  readonly next: number | null;
}

/** Entries of one rule ask about the last period, the current one, and a few that some of them have missed. */
const REMEMBERED = 8;

/**
 * Gives the same answers as `schedule`, from memory if possible: an answer is constant between two instants (R12). An
 * answer that breaks the contract is an error and is not remembered.
 */
class MemoizedSchedule implements Schedule {
  readonly type: string;
  readonly timezone: string | undefined;
  readonly #schedule: Schedule;
  /** The latest answers, the most recently used first. */
  readonly #spans: Span[] = [];
  #json: ScheduleJson | undefined;

  constructor(schedule: Schedule) {
    this.type = schedule.type;
    this.timezone = schedule.timezone;
    this.#schedule = schedule;
  }

  next(after: number): number | null {
    const start = startOfSearch(after);
    const spans = this.#spans;
    for (let index = 0; index < spans.length; index += 1) {
      const span = spans[index]!;
      if (start < span.from || start >= span.until) continue;
      if (index > 0) this.#putFirst(span, index);
      return span.next;
    }
    const next = this.#ask(start);
    const until = next ?? Infinity;
    // `start` lies before a known span of the same period, so it extends that span.
    const known = spans.findIndex((span) => span.until === until);
    this.#putFirst({ from: start, until, next }, known === -1 ? Math.min(spans.length, REMEMBERED - 1) : known);
    return next;
  }

  #ask(start: number): number | null {
    const next: unknown = this.#schedule.next(start);
    if (next === null) return null;
    if (Number.isInteger(next) && (next as number) > start)
      return (next as number) > LAST_INSTANT ? null : (next as number);
    const message = `the ${this.type} schedule answers ${describe(next)} to next(${start}): expected a later whole number of ms, or null`;
    throw new ConfigError(message, { field: "schedule" });
  }

  inTimezone(timezone: string): Schedule {
    const placed = this.#schedule.inTimezone?.(timezone) ?? this.#schedule;
    return placed === this.#schedule ? this : new MemoizedSchedule(placed);
  }

  /** Always the same object, which cannot be changed. */
  toJSON(): ScheduleJson {
    this.#json ??= Object.freeze({ ...this.#schedule.toJSON() });
    return this.#json;
  }

  toString(): string {
    return this.#schedule.toString();
  }

  /** Moves the spans before `index` back by one, over the one at `index`, and puts `span` first. */
  #putFirst(span: Span, index: number): void {
    for (let each = index; each > 0; each -= 1) this.#spans[each] = this.#spans[each - 1]!;
    this.#spans[0] = span;
  }
}

/**
 * The same schedule, which remembers its last answers. For a schedule that many entries share and ask about the same
 * time.
 */
export function memoizeNext(schedule: Schedule): Schedule {
  return schedule instanceof MemoizedSchedule ? schedule : new MemoizedSchedule(schedule);
}
