import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { refuseUnknownFields } from "../base/known-fields.js";
import type { ParsePart, Schedule, ScheduleJson, ScheduleType } from "../contract/schedule.js";
import { memoizeNext } from "./memo.js";
import { nextInRange } from "./search-range.js";

/** `anyOf`: due whenever one of the rules is. `allOf`: due when all of them are, at the same instant. */
export type Combination = "anyOf" | "allOf";

const WORDS: Readonly<Record<Combination, string>> = { anyOf: " or ", allOf: " and " };

/**
 * A search for a common instant ends after so many rounds. Rules that meet do so within few: each round leaps over every
 * instant of the others up to the next one of the rarest rule.
 */
const MOST_ROUNDS = 20_000;

class CombinedSchedule implements Schedule {
  readonly type: Combination;
  readonly rules: readonly Schedule[];
  /** Of all rules that have one. */
  readonly timezone: string | undefined;
  readonly #parts: readonly Schedule[];

  constructor(type: Combination, rules: readonly Schedule[]) {
    this.type = type;
    this.rules = Object.freeze([...rules]);
    const zones = new Set(rules.map(({ timezone }) => timezone).filter((zone) => zone !== undefined));
    this.timezone = zones.size === 1 ? [...zones][0] : undefined;
    // A search asks a rare rule for the same instant again and again.
    this.#parts = rules.map(memoizeNext);
    Object.freeze(this);
  }

  next(after: number): number | null {
    return nextInRange(after, (start) => (this.type === "anyOf" ? this.#earliest(start) : this.#common(start)));
  }

  #earliest(after: number): number | null {
    let earliest: number | null = null;
    for (const part of this.#parts) {
      const next = part.next(after);
      if (next !== null && (earliest === null || next < earliest)) earliest = next;
    }
    return earliest;
  }

  /** Leaps to the latest of the next instants: no common one lies before it. */
  #common(after: number): number | null {
    let start = after;
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      let [first, last] = [Infinity, -Infinity];
      for (const part of this.#parts) {
        const next = part.next(start);
        if (next === null) return null;
        first = Math.min(first, next);
        last = Math.max(last, next);
      }
      if (first === last) return first;
      start = last - 1;
    }
    const span = `between ${new Date(after).toISOString()} and ${new Date(start).toISOString()}`;
    const hint = "at each instant of allOf every rule must be due, to the millisecond";
    throw new ConfigError(`the rules have no instant in common ${span}: ${hint}`, { field: "rules" });
  }

  inTimezone(timezone: string): Schedule {
    const placed = this.rules.map((rule) => rule.inTimezone?.(timezone) ?? rule);
    return placed.every((rule, index) => rule === this.rules[index]) ? this : new CombinedSchedule(this.type, placed);
  }

  toJSON(): ScheduleJson {
    return { type: this.type, rules: this.rules.map((rule) => rule.toJSON()) };
  }

  toString(): string {
    const shown = this.rules.map((rule) => (isCombined(rule.type) ? `(${rule.toString()})` : rule.toString()));
    return shown.join(WORDS[this.type]);
  }
}

export function isCombined(type: unknown): type is Combination {
  return type === "anyOf" || type === "allOf";
}

/** `readRule`: reads a rule that is given. @throws ConfigError that names the rule and the field, as `rules[1].minute`. */
export function combine<T>(type: Combination, given: unknown, readRule: (rule: T) => Schedule): Schedule {
  if (!Array.isArray(given) || given.length === 0) {
    const example = `${type}("0 9 * * mon-fri", "0 12 * * sat")`;
    throw new ConfigError(`rules ${describe(given)} cannot be read: expected one or more rules, as in ${example}`, {
      field: "rules",
    });
  }
  return new CombinedSchedule(
    type,
    Array.from(given as readonly T[], (rule, index) => readPart(`rules[${index}]`, () => readRule(rule))),
  );
}

function readPart(path: string, read: () => Schedule): Schedule {
  try {
    return read();
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause;
    const inner = (cause as ConfigError).field;
    const field = inner === undefined || inner === "schedule" ? path : `${path}.${inner}`;
    // A part that is combined itself has named the place within it.
    const message = inner?.startsWith("rules[") ? `${path}.${cause.message}` : `${field}: ${cause.message}`;
    throw new ConfigError(message, { field, cause });
  }
}

/** Reads `{ type, rules: [...] }`. `parseBuiltIn`: reads a part if the caller knows no other types. */
export function combinedType(type: Combination, parseBuiltIn: ParsePart): ScheduleType {
  return {
    type,
    parse(json: ScheduleJson, parsePart: ParsePart = parseBuiltIn): Schedule {
      refuseUnknownFields(`an ${type} schedule`, json, ["type", "rules"]);
      return combine<ScheduleJson | string>(type, json["rules"], parsePart);
    },
  };
}
