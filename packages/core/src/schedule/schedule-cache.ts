import { memoizeNext } from "./memo.js";
import { parseSchedule } from "./parse.js";
import type { Schedule, ScheduleJson, ScheduleType } from "./schedule.js";

export interface ScheduleCacheOptions {
  /** What `parseSchedule` knows beside its own types. */
  readonly types?: readonly ScheduleType[];
  /** How many different schedules are remembered; the oldest are forgotten (their holders keep them). Default 10 000. */
  readonly maxSize?: number;
}

/**
 * One object per rule and zone: a million entries over 200 rules share 200 schedules, each parsed once, and each next
 * instant is computed once. While a schedule is remembered, equal rules are the same object, fit to group entries by.
 */
export class ScheduleCache {
  readonly #types: readonly ScheduleType[];
  readonly #maxSize: number;
  /** By what was asked for and by canonical text. */
  readonly #schedules = new Map<string, Schedule>();

  constructor(options: ScheduleCacheOptions = {}) {
    this.#types = options.types ?? [];
    this.#maxSize = options.maxSize ?? 10_000;
  }

  /** As `parseSchedule(json).inTimezone(timezone)`. @throws ConfigError as `parseSchedule` does. */
  parse(json: ScheduleJson | string, timezone?: string): Schedule {
    const asked = `${timezone ?? ""} ${JSON.stringify(json)}`;
    const known = this.#schedules.get(asked);
    if (known !== undefined) return known;
    const parsed = parseSchedule(json, this.#types);
    const placed = timezone === undefined ? parsed : (parsed.inTimezone?.(timezone) ?? parsed);
    return this.#remember(asked, this.intern(placed));
  }

  /** The remembered schedule that is equal to this one, or this one, remembered from now on. */
  intern(schedule: Schedule): Schedule {
    const text = canonicalText(schedule.toJSON());
    return this.#schedules.get(text) ?? this.#remember(text, memoizeNext(schedule));
  }

  #remember(key: string, schedule: Schedule): Schedule {
    // Two keys for each at most: as asked for, and canonical.
    if (this.#schedules.size >= 2 * this.#maxSize) {
      const [oldest] = this.#schedules.keys();
      this.#schedules.delete(oldest!);
    }
    this.#schedules.set(key, schedule);
    return schedule;
  }
}

/** Equal JSON values give equal text: the fields of each object are sorted. */
function canonicalText(json: ScheduleJson): string {
  return JSON.stringify(json, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
