import type { Schedule, ScheduleJson } from "./schedule.js";

/** Answers like `schedule`, from memory where it can: the answer is constant between two instants (R12). */
class MemoizedSchedule implements Schedule {
  readonly type: string;
  readonly #schedule: Schedule;
  /** `#next` holds for `#from <= after < #until`. */
  #from = 0;
  #until = 0;
  #next: number | null = null;

  constructor(schedule: Schedule) {
    this.type = schedule.type;
    this.#schedule = schedule;
  }

  next(after: number): number | null {
    if (after >= this.#from && after < this.#until) return this.#next;
    const next = this.#schedule.next(after);
    this.#until = next ?? Infinity;
    this.#from = after;
    this.#next = next;
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
}

/** The same schedule, which remembers its last answer: for one that many entries share and ask about the same time. */
export function memoizeNext(schedule: Schedule): Schedule {
  return schedule instanceof MemoizedSchedule ? schedule : new MemoizedSchedule(schedule);
}
