/**
 * Finds types of schedule that are not built in: first among those that the application passed, then in the packages
 * `@beatx/schedule-<type>` and `beatx-schedule-<type>`, which are looked up from the application like stores.
 */

import { pathToFileURL } from "node:url";

import { BeatxError } from "../base/errors.js";
import { describe, isPlainObject } from "../base/json.js";
import { BUILT_IN_TYPES, type ScheduleType } from "../schedule/index.js";
import { locatePackage, lookupPlaces } from "./locate-package.js";

export interface ScheduleTypesOptions {
  /** Types that the application passed; they come first. */
  readonly given?: readonly ScheduleType[] | undefined;
  /**
   * Folder, file or file URL from which packages are looked up first; then the entry script and the working directory.
   */
  readonly from?: string | undefined;
}

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

  constructor({ given = [], from }: ScheduleTypesOptions = {}) {
    this.#known = [...given];
    this.known = this.#known;
    this.#from = from;
  }

  has(type: string): boolean {
    return [...BUILT_IN_TYPES, ...this.#known].some((each) => each.type === type);
  }

  /** The unknown types that these entries use. Entries are as users write them, or as they are stored. */
  missingIn(entries: Iterable<unknown>): string[] {
    return [...scheduleTypesIn(entries)].filter((type) => !this.has(type));
  }

  /**
   * Finds the types that are not known yet. Tries all of them; the next call finds a package that was installed
   * meanwhile.
   * @throws BeatxError `UNKNOWN_SCHEME` for the first type that was not found: names and places tried, and what to
   * install.
   */
  async load(types: Iterable<string>): Promise<void> {
    const wanted = [...new Set(types)].filter((type) => !this.has(type));
    const found = await Promise.allSettled(wanted.map((type) => resolveScheduleType(type, this.#from)));
    for (const each of found) {
      if (each.status === "fulfilled" && !this.has(each.value.type)) this.#known.push(each.value);
    }
    for (const each of found) if (each.status === "rejected") throw each.reason;
  }
}

/** The types that the entries use. A schedule written as text always has a built-in type. */
export function scheduleTypesIn(entries: Iterable<unknown>): Set<string> {
  const types = new Set<string>();
  for (const entry of entries) {
    const schedule = isPlainObject(entry) ? entry["schedule"] : undefined;
    if (typeof schedule !== "object" || schedule === null || !("type" in schedule)) continue;
    if (typeof schedule.type === "string") types.add(schedule.type);
  }
  return types;
}

async function resolveScheduleType(type: string, from: string | undefined): Promise<ScheduleType> {
  if (!TYPE_NAME.test(type)) {
    const message = `${describe(type)} is not a type of schedule: expected lower case letters, digits and "-"`;
    throw new BeatxError("UNKNOWN_SCHEME", message);
  }
  const places = lookupPlaces(from);
  const packages = [`@beatx/schedule-${type}`, `beatx-schedule-${type}`];
  for (const name of packages) {
    const file = locatePackage(name, places);
    if (file !== undefined) return loadScheduleType(name, file, type);
  }
  const tried = `looked for ${packages.join(", ")} from ${places.join(", ")}`;
  const hint = `Install one (npm install ${packages[0]}), or pass its type in \`scheduleTypes\`.`;
  throw new BeatxError("UNKNOWN_SCHEME", `no package knows the schedule type "${type}": ${tried}. ${hint}`);
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
