/** Edits of many entries at once, each with a result of its own. */

import { describe } from "../base/describe.js";
import { BeatxError, ConfigError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { Slices } from "../base/slices.js";
import type { ScheduleTypes } from "../discovery/schedule-types.js";
import type { EntryInput } from "../entry/entry.js";
import { checkEntryName, readEntry } from "../entry/read-entry.js";
import { applyEdits, type NamedEdit, TRIES } from "./apply-edits.js";
import type { Connection } from "./connection.js";
import { checkName, putEdit, removeEdit } from "./edit.js";
import { removeRequestedRuns } from "./requested-run.js";

/** What became of one name of a call that edits many. */
export interface EditResult {
  readonly name: string;
  /**
   * `null`: the edit is done. Otherwise why it is not: the errors of the call for one entry. After a `StoreError` it is not known
   * whether the edit was made; it may be repeated.
   */
  readonly error: BeatxError | null;
}

/** Entries by name, as in a configuration, or pairs of name and entry, as of a `Map`. */
export type ManyEntries = Readonly<Record<string, EntryInput>> | Iterable<readonly [name: string, entry: EntryInput]>;

/** Creates or replaces many entries. @throws ConfigError for an argument that is no list of entries, or a name that comes twice */
export async function putMany(connection: Connection, given: ManyEntries): Promise<EditResult[]> {
  const pairs = readPairs(given);
  const { types, parseRule, clock } = connection;
  const unknown = await findTypes(
    types,
    pairs.map(([, input]) => input),
  );
  const refused = new Map<string, BeatxError>();
  const edits: NamedEdit[] = [];
  const slices = new Slices(clock);
  for (const [name, input] of pairs) {
    try {
      for (const type of types.missingIn([input])) throw unknown.get(type)!;
      const entry = readEntry(input, checkEntryName(name), name, parseRule);
      edits.push({ name, edit: putEdit(entry, undefined) });
    } catch (error) {
      if (!BeatxError.isInstance(error)) throw error;
      refused.set(name, error);
    }
    if (slices.isOver) await slices.next();
  }
  const failed = await applyEdits(connection, edits);
  return pairs.map(([name]) => ({ name, error: refused.get(name) ?? failed.get(name) ?? null }));
}

/** Removes many entries, and their requested runs. @throws ConfigError for an argument that is no list of names, or a name that comes twice */
export async function removeMany(connection: Connection, given: Iterable<string>): Promise<EditResult[]> {
  const names = readNameList(given);
  const failed = await applyEdits(
    connection,
    names.map((name) => ({ name, edit: removeEdit })),
  );
  const isGone = (name: string): boolean => !failed.has(name) || BeatxError.hasCode(failed.get(name), "NOT_FOUND");
  const gone = new Set(names.filter(isGone));
  if (gone.size === 0) return names.map((name) => ({ name, error: failed.get(name)! }));
  try {
    const runs = await removeRequestedRuns(connection, gone, TRIES);
    const errorOf = (name: string): BeatxError | null =>
      runs.failed.get(name) ?? (runs.of.has(name) ? null : (failed.get(name) ?? null));
    return names.map((name) => ({ name, error: errorOf(name) }));
  } catch (error) {
    if (!BeatxError.isInstance(error)) throw error;
    return names.map((name) => ({ name, error: gone.has(name) ? error : failed.get(name)! }));
  }
}

/** Looks for the packages of the schedule types that are not known yet. Answers those that were not found, each with its error. */
export async function findTypes(types: ScheduleTypes, inputs: readonly unknown[]): Promise<ReadonlyMap<string, Error>> {
  const errors = new Map<string, Error>();
  const find = async (type: string): Promise<void> => {
    await types.load([type]).catch((error: Error) => errors.set(type, error));
  };
  await Promise.all(types.missingIn(inputs).map(find));
  return errors;
}

function readPairs(given: ManyEntries): readonly (readonly [string, EntryInput])[] {
  const expected = "an object of entries by name, or pairs of name and entry";
  const pairs = isPlainObject(given) ? Object.entries(given) : readList("entries", given, expected);
  for (const pair of pairs as readonly unknown[]) {
    if (Array.isArray(pair) && pair.length === 2) continue;
    throw new ConfigError(`entries has the item ${describe(pair)}: expected a pair of name and entry`, {
      field: "entries",
    });
  }
  refuseTwice(pairs.map(([name]) => name));
  return pairs;
}

/** @throws ConfigError for what is no list of names, or a name that comes twice */
export function readNameList(given: Iterable<string>): string[] {
  const names = readList("names", given, "an array of names").map(checkName);
  refuseTwice(names);
  return names;
}

function readList<T>(field: string, given: Iterable<T>, expected: string): T[] {
  if (typeof given === "object" && given !== null && Symbol.iterator in given) return [...given];
  throw new ConfigError(`${field} is ${describe(given)}: expected ${expected}`, { field });
}

function refuseTwice(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new ConfigError(`the name ${describe(name)} comes twice: give each name once`, { field: "name" });
    }
    seen.add(name);
  }
}
