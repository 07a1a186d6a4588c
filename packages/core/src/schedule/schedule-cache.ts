import type { RuleType, Schedule, ScheduleJson } from "../contract/schedule.js";
import { memoizeNext } from "./memo.js";
import { checkRule, parseSchedule } from "./parse.js";

interface ScheduleCacheOptions {
  /** The known types besides the built-in ones. */
  readonly types?: readonly RuleType[];
  /**
   * The maximum number of schedules in the cache, and of ways to write them. If one more comes, the cache is cleared.
   * Default 10 000.
   */
  readonly maxSize?: number;
}

/**
 * Keeps one object per rule and zone. So a million entries with 200 different rules share 200 schedules; each is parsed
 * once, and computes each next instant once. While a schedule is in the cache, equal rules are the same object. A rule
 * with one instant is not kept: each requested run has its own, which no entry would ever ask for again.
 */
export class ScheduleCache {
  readonly #types: readonly RuleType[];
  readonly #maxSize: number;
  /** By zone and written form. */
  readonly #asked = new Map<string, Schedule>();
  /** By canonical text. */
  readonly #schedules = new Map<string, Schedule>();
  /** By the object that was given: a configuration may share one between many entries. */
  #interned = new WeakMap<Schedule, Schedule>();
  /** By a key that the caller chose. */
  readonly #kept = new Map<string, Schedule>();

  constructor(options: ScheduleCacheOptions = {}) {
    this.#types = options.types ?? [];
    this.#maxSize = options.maxSize ?? 10_000;
  }

  /** The same as `parseSchedule(json).inTimezone(timezone)`. @throws ConfigError as `parseSchedule` does. */
  parse(json: ScheduleJson | string, timezone?: string): Schedule {
    const asked = `${timezone ?? ""} ${JSON.stringify(json)}`;
    const known = this.#asked.get(asked);
    if (known !== undefined) return known;
    const parsed = parseSchedule(json, this.#types);
    if (isOneOff(parsed)) return parsed;
    const placed = timezone === undefined ? parsed : (parsed.inTimezone?.(timezone) ?? parsed);
    if (this.#asked.size >= this.#maxSize) this.#clear();
    const schedule = this.intern(placed);
    this.#asked.set(asked, schedule);
    return schedule;
  }

  /** What was kept under the key; `undefined`: nothing is. */
  find(key: string): Schedule | undefined {
    return this.#kept.get(key);
  }

  /** Keeps a schedule of the cache under a key as well: whoever knows the key need not read the rule again. */
  keep(key: string, schedule: Schedule): void {
    if (isOneOff(schedule)) return;
    if (this.#kept.size >= this.#maxSize) this.#kept.clear();
    this.#kept.set(key, schedule);
  }

  /** The equal schedule of the cache; if there is none, adds this one. */
  intern(schedule: Schedule): Schedule {
    if (isOneOff(schedule)) return schedule;
    const known = this.#interned.get(schedule) ?? this.#internText(schedule);
    this.#interned.set(schedule, known);
    return known;
  }

  #internText(schedule: Schedule): Schedule {
    const text = canonicalText(checkRule(schedule.toJSON()));
    const known = this.#schedules.get(text);
    if (known !== undefined) return known;
    if (this.#schedules.size >= this.#maxSize) this.#clear();
    const memoized = memoizeNext(schedule);
    this.#schedules.set(text, memoized);
    return memoized;
  }

  /** Clears all at once, so all always lead to the same object. */
  #clear(): void {
    this.#interned = new WeakMap();
    this.#schedules.clear();
    this.#asked.clear();
    this.#kept.clear();
  }
}

function isOneOff({ type }: Schedule): boolean {
  return type === "clocked";
}

/** Equal JSON values give equal text: the fields of each object are sorted. */
function canonicalText(json: ScheduleJson | string): string {
  return JSON.stringify(json, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
