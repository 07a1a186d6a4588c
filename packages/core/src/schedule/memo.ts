import type { Schedule, ScheduleJson } from "../contract/schedule.js";

/** `next` holds for `from <= after < until`. */
interface Span {
  readonly from: number;
  readonly until: number;
  readonly next: number | null;
}

/** Entries of one rule ask about the period that ended, the one that runs, and a few that some of them still owe. */
const REMEMBERED = 8;

/** Answers like `schedule`, from memory where it can: the answer is constant between two instants (R12). */
class MemoizedSchedule implements Schedule {
  readonly type: string;
  readonly #schedule: Schedule;
  /** The latest answers, the one that was used last first. */
  readonly #spans: Span[] = [];

  constructor(schedule: Schedule) {
    this.type = schedule.type;
    this.#schedule = schedule;
  }

  next(after: number): number | null {
    const spans = this.#spans;
    for (let index = 0; index < spans.length; index += 1) {
      const span = spans[index]!;
      if (after < span.from || after >= span.until) continue;
      if (index > 0) this.#putFirst(span, index);
      return span.next;
    }
    const next = this.#schedule.next(after);
    const until = next ?? Infinity;
    // An earlier question about a period that is known makes its span longer.
    const known = spans.findIndex((span) => span.until === until);
    this.#putFirst({ from: after, until, next }, known === -1 ? Math.min(spans.length, REMEMBERED - 1) : known);
    return next;
  }

  inTimezone(timezone: string): Schedule {
    const placed = this.#schedule.inTimezone?.(timezone) ?? this.#schedule;
    return placed === this.#schedule ? this : new MemoizedSchedule(placed);
  }

  toJSON(): ScheduleJson {
    return this.#schedule.toJSON();
  }

  toString(): string {
    return this.#schedule.toString();
  }

  /** Those before `index` move back by one; the one at `index` is replaced. */
  #putFirst(span: Span, index: number): void {
    for (let each = index; each > 0; each -= 1) this.#spans[each] = this.#spans[each - 1]!;
    this.#spans[0] = span;
  }
}

/** The same schedule, which remembers its last answers: for one that many entries share and ask about the same time. */
export function memoizeNext(schedule: Schedule): Schedule {
  return schedule instanceof MemoizedSchedule ? schedule : new MemoizedSchedule(schedule);
}
