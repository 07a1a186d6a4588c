/**
 * Finds types of schedule that are not built in: first among those that the application passed, then in the packages
 * `@beatx/schedule-<type>` and `beatx-schedule-<type>`, which are looked up from the application like stores.
 */

import { pathToFileURL } from "node:url";

import { type Clock, systemClock } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import { describe } from "../base/describe.js";
import { isPlainObject } from "../base/json.js";
import { nearest } from "../base/nearest.js";
import { BUILT_IN_TYPES, type ScheduleType } from "../schedule/index.js";
import { describePlaces, explainLookup, locatePackage, lookupPlaces } from "./locate-package.js";

export interface ScheduleTypesOptions {
  /** Types that the application passed; they come first. */
  readonly given?: readonly ScheduleType[] | undefined;
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

/** Types that come in packages of this project. */
const OWN_TYPES: readonly string[] = ["solar", "rrule"];

/** A type becomes part of a package's name and may come from the store, so it must not be a path. */
const TYPE_NAME = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * The known types of schedule. Reading an entry is synchronous, finding a package is not: call `load` before you read.
 */
export class ScheduleTypes {
  /** The known types, without the built-in ones. Always the same array, to which `load` adds. */
  readonly known: readonly ScheduleType[];
  readonly #known: ScheduleType[];
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
    return [...BUILT_IN_TYPES, ...this.#known].some((each) => each.type === type);
  }

  /** The unknown types that these entries use. Entries are as users write them, or as they are stored. */
  missingIn(entries: Iterable<unknown>): string[] {
    return [...scheduleTypesIn(entries)].filter((type) => !this.has(type));
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
    const found = await resolveScheduleType(type, this.#from);
    if (!this.has(type)) this.#known.push(found);
  }
}

/** The types that the entries use. A schedule written as text always has a built-in type. */
export function scheduleTypesIn(entries: Iterable<unknown>): Set<string> {
  const types = new Set<string>();
  for (const entry of entries) {
    try {
      if (isPlainObject(entry)) addTypesIn(entry["schedule"], types, 0);
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

async function resolveScheduleType(type: string, from: string | undefined): Promise<ScheduleType> {
  if (!TYPE_NAME.test(type)) {
    const message = `${describe(type)} is not a type of schedule: expected lower case letters, digits and "-"`;
    throw new BeatxError("UNKNOWN_SCHEME", message);
  }
  const places = lookupPlaces(from);
  const packages = [`@beatx/schedule-${type}`, `beatx-schedule-${type}`];
  for (const name of packages) {
    const file = await locatePackage(name, places);
    if (file !== undefined) return loadScheduleType(name, file, type);
  }
  const tried = `looked for ${packages.join(", ")} from ${describePlaces(from)}`;
  throw new BeatxError("UNKNOWN_SCHEME", `no package knows the schedule type "${type}": ${tried}. ${wayOut(type)}`);
}

/** Recommends packages of this project alone: anybody may publish one that is named after a typo. */
function wayOut(type: string): string {
  if (OWN_TYPES.includes(type)) return explainLookup([{ name: `@beatx/schedule-${type}`, kind: "schedule" }]);
  const known = [...BUILT_IN_TYPES.map((each) => each.type), ...OWN_TYPES];
  const meant = nearest(type, known);
  const question = meant === undefined ? "" : `Did you mean "${meant}"? `;
  return `${question}The known types are ${known.join(", ")}; for others pass a type in \`scheduleTypes\``;
}

async function loadScheduleType(name: string, file: string, type: string): Promise<ScheduleType> {
  const exported = await importPackage(name, file);
  const found = exported["scheduleType"];
  if (isScheduleType(found) && found.type === type) return found;
  const why = isScheduleType(found) ? `its type is ${describe(found.type)}` : "it exports no `scheduleType`";
  const hint = "expected an object with `type` and `parse`: update it, or ask its author";
  throw new BeatxError(
    "UNKNOWN_SCHEME",
    `the package ${name} does not know the schedule type "${type}" (${why}); ${hint}`,
  );
}

async function importPackage(name: string, file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (cause) {
    throw new BeatxError("UNKNOWN_SCHEME", `the package ${name} cannot be loaded from ${file}: ${String(cause)}`, {
      cause,
    });
  }
}

function isScheduleType(value: unknown): value is ScheduleType {
  return isPlainObject(value) && typeof value["type"] === "string" && typeof value["parse"] === "function";
}
