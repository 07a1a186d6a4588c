/**
 * Finds types of schedule that are not built in: first among those that the application passed, then in packages, which are
 * looked up from the application like stores. Calendars are found in the same way, under the key `calendar:<name>`.
 */

import { type Clock, systemClock } from "../base/clock.js";
import { isPlainObject } from "../base/json.js";
import { calendarKey, readCalendar } from "../contract/calendar.js";
import { BUILT_IN_TYPES, type RuleType } from "../schedule/index.js";
import { keyOf, resolveType } from "./resolve-type.js";

export interface ScheduleTypesOptions {
  /** Types that the application passed; they come first. */
  readonly given?: readonly RuleType[] | undefined;
  /**
   * Folder, file or file URL from which packages are looked up first; then the entry script and the working directory.
   */
  readonly from?: string | undefined;
  /** Measures how long a type counts as missing. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** The last look-up of a type. It is under way, or it failed. */
interface LookUp {
  readonly result: Promise<void>;
  /** Monotonic ms. */
  readonly beganAtMs: number;
  /** Why the type is missing; `undefined`: the look-up has not ended. */
  reason?: unknown;
}

/** `loadMissing` looks a missing type up again after this time. */
const MISSING_FOR_MS = 60_000;

/**
 * The known types of schedule. Reading an entry is synchronous, finding a package is not: call `load` before you read.
 */
export class ScheduleTypes {
  /** The known types, without the built-in ones. Always the same array, to which `load` adds. */
  readonly known: readonly RuleType[];
  readonly #known: RuleType[];
  readonly #from: string | undefined;
  readonly #clock: Clock;
  /** By type; without the known ones. */
  readonly #lookUps = new Map<string, LookUp>();

  constructor({ given = [], from, clock = systemClock }: ScheduleTypesOptions = {}) {
    this.#known = [...given];
    this.known = this.#known;
    this.#from = from;
    this.#clock = clock;
  }

  has(type: string): boolean {
    return [...BUILT_IN_TYPES, ...this.#known].some((each) => keyOf(each) === type);
  }

  /** The unknown types and calendars that these entries use. Entries are as users write them, or as they are stored. */
  missingIn(entries: Iterable<unknown>): string[] {
    return [...scheduleTypesIn(entries, (name) => this.has(calendarKey(name)))].filter((type) => !this.has(type));
  }

  /**
   * Finds the types that are not known yet. Tries all of them, now.
   * @throws BeatxError `UNKNOWN_SCHEME` for the first type that was not found: names and places tried, and what to
   * install.
   */
  async load(types: Iterable<string>): Promise<void> {
    const found = await Promise.allSettled(this.#unknown(types).map((type) => this.#lookUp(type, 0)));
    for (const each of found) if (each.status === "rejected") throw each.reason;
  }

  /**
   * Finds the types that are not known yet, but looks each of them up at most once a minute. So an entry of the store may
   * ask for a missing type at any time, and a package that is installed later is found within a minute. Never rejects.
   */
  async loadMissing(types: Iterable<string>): Promise<void> {
    await Promise.allSettled(this.#unknown(types).map((type) => this.#lookUp(type, MISSING_FOR_MS)));
  }

  /** Why the type is missing; `undefined`: it was not looked up, or it is known. */
  reasonMissing(type: string): string | undefined {
    const reason = this.#lookUps.get(type)?.reason;
    return reason instanceof Error ? reason.message : undefined;
  }

  #unknown(types: Iterable<string>): string[] {
    return [...new Set(types)].filter((type) => !this.has(type));
  }

  /** Shares a look-up that is under way, or began less than `sharedMs` ago. */
  #lookUp(type: string, sharedMs: number): Promise<void> {
    const last = this.#lookUps.get(type);
    const now = this.#clock.monotonicMs();
    if (last && (last.reason === undefined || now - last.beganAtMs < sharedMs)) return last.result;
    const lookUp: LookUp = { result: this.#find(type), beganAtMs: now };
    this.#lookUps.set(type, lookUp);
    lookUp.result.then(
      () => this.#lookUps.delete(type),
      (reason: unknown) => (lookUp.reason = reason),
    );
    return lookUp.result;
  }

  async #find(type: string): Promise<void> {
    const found = await resolveType(type, this.#from);
    if (!this.has(type)) this.#known.push(found);
  }
}

/**
 * The types and calendars that the entries use. A schedule written as text always has a built-in type. `isKnown`: whether
 * there is a calendar of this name.
 */
export function scheduleTypesIn(
  entries: Iterable<unknown>,
  isKnown: (calendar: string) => boolean = () => false,
): Set<string> {
  const types = new Set<string>();
  for (const entry of entries) {
    try {
      if (!isPlainObject(entry)) continue;
      addTypesIn(entry["schedule"], types, 0);
      for (const written of calendarsIn(entry["except"])) {
        types.add(calendarKey(readCalendar(written, isKnown).calendar));
      }
    } catch {
      // The check of the entry says why it cannot be read.
    }
  }
  return types;
}

/** Rules may be made of rules, but not deeper than this. */
const DEEPEST = 100;

function addTypesIn(schedule: unknown, types: Set<string>, depth: number): void {
  if (typeof schedule !== "object" || schedule === null || depth > DEEPEST) return;
  const { type, rules } = schedule as { readonly type?: unknown; readonly rules?: unknown };
  if (typeof type === "string") types.add(type);
  if (Array.isArray(rules)) for (const rule of rules as unknown[]) addTypesIn(rule, types, depth + 1);
}

function calendarsIn(except: unknown): string[] {
  const items: readonly unknown[] = Array.isArray(except) ? except : [];
  return items.flatMap((item) =>
    isPlainObject(item) && typeof item["calendar"] === "string" ? [item["calendar"]] : [],
  );
}
