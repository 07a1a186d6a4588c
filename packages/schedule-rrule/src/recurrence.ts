import { ConfigError, describe } from "@beatx/core/adapter";
import { RRuleTemporal } from "rrule-temporal";

import type { Frequency, RRuleText } from "./rrule-text.js";

// "Occurrence" is the word of RFC 5545: here it means an instant of the rule.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/**
 * The search for the next occurrence covers this many periods; a rule without one in them counts as never due. They span
 * at least 40 years, because two Mondays on 29 February can be that far apart. (For periods below a day, the library skips
 * those that cannot match.)
 */
const PERIODS: Readonly<Record<Frequency, number>> = {
  YEARLY: 400,
  MONTHLY: 1_000,
  WEEKLY: 2_500,
  DAILY: 20_000,
  HOURLY: 10_000,
  MINUTELY: 10_000,
  SECONDLY: 10_000,
};
/** Limits for a rule with COUNT: the number of occurrences, the periods to search, and the time that they span. */
const MAX_COUNT = 10_000;
const MAX_COUNTED_PERIODS = 1_000_000;
/** One search looks at this many candidates at most. The library takes some 10 µs for each. */
const MAX_CANDIDATES = 20_000;
const COUNTED_FOR_MS = 200 * 366 * DAY_MS;
/** A search ahead should find between `FEW` and `MANY` occurrences, within the longest window. */
const [FEW, MANY] = [32, 512] as const;
const LONGEST_WINDOW_MS = 400 * DAY_MS;
/** The range of the library. */
const FIRST_INSTANT = Date.UTC(1, 0, 1);
const LAST_INSTANT = Date.UTC(9999, 11, 30);

/** Occurrences in a row. */
interface Listed {
  /** Epoch ms. The list has the answer if `from <= after < until`. */
  readonly from: number;
  readonly until: number;
  /** Ascending. */
  readonly instants: readonly number[];
}

const NOTHING: Listed = { from: 0, until: 0, instants: [] };

/**
 * The instants of a recurrence set in one zone. The library takes about 0.5 ms for a single answer, but 0.02 ms each for a
 * row. So this class asks for rows and caches the last one. The cache changes no answer (R12).
 */
export class Recurrence {
  readonly #rule: RRuleTemporal;
  #listed: Listed;
  #windowMs = HOUR_MS;

  /**
   * `timezone` applies to moments without a zone of their own. @throws ConfigError for a rule that breaks RFC 5545 or
   * is never due.
   */
  constructor(rule: RRuleText, timezone: string) {
    this.#rule = makeRule(rule.text, timezone, PERIODS[rule.frequency]);
    checkStart(this.#rule, rule.start);
    const first = this.#search(-Infinity);
    if (first === null) {
      const hint = `none of its first ${PERIODS[rule.frequency]} periods has an occurrence`;
      throw new ConfigError(`rrule ${inOneLine(rule.text)} can never be due: ${hint}`, { field: "RRULE" });
    }
    // COUNT is only known by counting from the first occurrence, so all are listed once.
    this.#listed = rule.count === null ? NOTHING : listAll(rule, timezone, first);
  }

  /** The first instant strictly after `after`. `null`: never again. */
  next(after: number): number | null {
    if (after < this.#listed.from || after >= this.#listed.until) this.#listed = this.#listFrom(after);
    return firstAfter(this.#listed.instants, after);
  }

  #listFrom(after: number): Listed {
    const first = this.#search(after);
    if (first === null) return { from: after, until: Infinity, instants: [] };
    const end = new Date(Math.min(first + this.#windowMs, LAST_INSTANT));
    const row = this.#between(new Date(first), end);
    const instants = row.length === 0 ? [first] : row;
    if (instants.length < FEW) this.#windowMs = Math.min(this.#windowMs * 4, LONGEST_WINDOW_MS);
    if (instants.length > MANY) this.#windowMs /= 4;
    return { from: after, until: instants.at(-1)!, instants };
  }

  /** Empty if the window is too large for one search. */
  #between(first: Date, last: Date): number[] {
    try {
      return this.#rule.between(first, last, true).map((date) => date.epochMilliseconds);
    } catch (error) {
      if (!isOutOfPeriods(error)) throw error;
      this.#windowMs = HOUR_MS;
      return [];
    }
  }

  /** The first occurrence after an instant, from the library. */
  #search(after: number): number | null {
    if (after >= LAST_INSTANT) return null;
    try {
      const found = this.#rule.next(new Date(Math.max(after, FIRST_INSTANT)))?.epochMilliseconds;
      return found === undefined || found > LAST_INSTANT ? null : found;
    } catch (error) {
      if (isOutOfPeriods(error)) return null;
      throw error;
    }
  }
}

/** @throws ConfigError if there is too much to list. */
function listAll({ text, count }: RRuleText, timezone: string, first: number): Listed {
  const hint = "end it with UNTIL in place of COUNT";
  const tooMuch = `rrule ${inOneLine(text)} is too long to count`;
  if (count !== null && count > MAX_COUNT)
    throw new ConfigError(`${tooMuch}, more than ${MAX_COUNT}: ${hint}`, { field: "COUNT" });
  try {
    const end = new Date(Math.min(first + COUNTED_FOR_MS, LAST_INSTANT));
    const dates = makeRule(text, timezone, MAX_COUNTED_PERIODS).between(new Date(first), end, true);
    const instants = dates.map((date) => date.epochMilliseconds);
    return { from: -Infinity, until: Infinity, instants };
  } catch (cause) {
    if (isOutOfPeriods(cause)) throw new ConfigError(`${tooMuch}: ${hint}`, { field: "COUNT", cause });
    throw cause;
  }
}

function makeRule(text: string, timezone: string, maxPeriods: number): RRuleTemporal {
  try {
    return new RRuleTemporal({
      rruleString: text,
      tzid: timezone,
      strict: true,
      maxIterations: maxPeriods,
      maxCandidateEvaluations: Math.max(MAX_CANDIDATES, maxPeriods),
      cache: false,
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`rrule ${inOneLine(text)} cannot be read: ${why}`, { field: "RRULE", cause });
  }
}

/** The library would move a skipped start by an hour, and keep that hour on all other days too. */
function checkStart(rule: RRuleTemporal, written: string): void {
  const { dtstart } = rule.options();
  if (dtstart.toString().slice(0, 19).replaceAll(/[-:]/g, "") === written.slice(0, 15)) return;
  const hint = "the clocks skip it, write a time that exists";
  throw new ConfigError(`rrule DTSTART ${written} does not exist in ${dtstart.timeZoneId}: ${hint}`, {
    field: "DTSTART",
  });
}

/** Whether the library has reached its limit of periods, or the last date that it can compute. */
function isOutOfPeriods(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.message.startsWith("Maximum "));
}

function inOneLine(text: string): string {
  return describe(text.replaceAll("\n", " "));
}

/** The first of these ascending instants after `after`; `null`: none. */
function firstAfter(instants: readonly number[], after: number): number | null {
  let [low, high] = [0, instants.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (instants[middle]! > after) high = middle;
    else low = middle + 1;
  }
  return instants[low] ?? null;
}
