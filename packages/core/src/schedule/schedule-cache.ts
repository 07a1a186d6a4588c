import type { Schedule, ScheduleJson, ScheduleType } from "../contract/schedule.js";
import { memoizeNext } from "./memo.js";
import { parseSchedule } from "./parse.js";

export interface ScheduleCacheOptions {
  /** What `parseSchedule` knows beside its own types. */
  readonly types?: readonly ScheduleType[];
  /**
   * How many schedules, and ways to write them, are remembered. Beyond it all are isLost, except by their holders.
   * Default 10 000.
   */
  readonly maxSize?: number;
}

/**
 * One object per rule and zone: a million entries over 200 rules share 200 schedules, each parsed once, and each next
 * instant is computed once. While a schedule is remembered, equal rules are the same object, fit to group entries by.
 */
export class ScheduleCache {
  readonly #types: readonly ScheduleType[];
  readonly #maxSize: number;
  /** By what was asked for. */
  readonly #asked = new Map<string, Schedule>();
  /** By canonical text. */
  readonly #schedules = new Map<string, Schedule>();

  constructor(options: ScheduleCacheOptions = {}) {
    this.#types = options.types ?? [];
    this.#maxSize = options.maxSize ?? 10_000;
  }

  /** As `parseSchedule(json).inTimezone(timezone)`. @throws ConfigError as `parseSchedule` does. */
  parse(json: ScheduleJson | string, timezone?: string): Schedule {
    const asked = `${timezone ?? ""} ${JSON.stringify(json)}`;
    const known = this.#asked.get(asked);
    if (known !== undefined) return known;
    const parsed = parseSchedule(json, this.#types);
    const placed = timezone === undefined ? parsed : (parsed.inTimezone?.(timezone) ?? parsed);
    if (this.#asked.size >= this.#maxSize) this.#forgetAll();
    const schedule = this.intern(placed);
    this.#asked.set(asked, schedule);
    return schedule;
  }

  /** The remembered schedule that is equal to this one, or this one, remembered from now on. */
  intern(schedule: Schedule): Schedule {
    const text = canonicalText(schedule.toJSON());
    const known = this.#schedules.get(text);
    if (known !== undefined) return known;
    if (this.#schedules.size >= this.#maxSize) this.#forgetAll();
    const memoized = memoizeNext(schedule);
    this.#schedules.set(text, memoized);
    return memoized;
  }

  /** Both at once, so that what is found by either is the same object. */
  #forgetAll(): void {
    this.#schedules.clear();
    this.#asked.clear();
  }
}

/** Equal JSON values give equal text: the fields of each object are sorted. */
function canonicalText(json: ScheduleJson): string {
  return JSON.stringify(json, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
