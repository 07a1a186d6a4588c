/** Takes over entries that ran elsewhere, with the moment up to which they have run, so that nothing runs twice (R55). */

import { describe, quoteName } from "../base/describe.js";
import { BeatxError, ConfigError } from "../base/errors.js";
import { readFields, readFlag, refuseUnknownFields } from "../base/known-fields.js";
import { isInstant } from "../base/number-range.js";
import type { EntryDefinition } from "../entry/definition.js";
import type { Entry, EntryInput } from "../entry/entry.js";
import { fullName } from "../entry/entry-names.js";
import { overriddenBy } from "../entry/overridden.js";
import { checkEntryName, entryToJson, readEntry } from "../entry/read-entry.js";
import { ruleFrom } from "../timetable/entry-rule.js";
import { dueAt, nextInstant, nextToSend } from "../timetable/next-instant.js";
import { newEntry, withoutUnreadable } from "../timetable/reconcile.js";
import { readableCursor, startOf } from "../timetable/start.js";
import { applyEdits, type NamedEdit } from "./apply-edits.js";
import { type Connection, timeOf } from "./connection.js";
import { type Edit, lookUp, type StoredName } from "./edit.js";
import { type EditResult, findTypes } from "./edit-many.js";
import { neverRuns } from "./never-runs.js";
import { readNames } from "./read-entries.js";

/** An entry that ran elsewhere. */
export interface EntryToImport {
  /** As a configuration writes it: without the name of the application. */
  readonly name: string;
  readonly entry: EntryInput;
  /** `true`: it is paused until `resume`. Default `false`. */
  readonly paused?: boolean;
  /**
   * Epoch ms: the occurrences up to this moment have run elsewhere, or were not meant to run. Later ones are sent, those that
   * are due already as missed ones. `null` or omitted: nothing is owed for the time before now.
   */
  readonly lastRunAt?: number | null;
}

export interface ImportOptions {
  /** `true`: an entry that exists is written over; its counts go on. Default `false`: it is a `CONFLICT`. */
  readonly replace?: boolean;
  /** `true`: nothing is written. Default `false`. */
  readonly dryRun?: boolean;
  /**
   * `"api"` (default): the entries belong to clients. `"config"`: they belong to the configuration of the client's `app`, or
   * to the one without a name: a node that has the same entries in its configuration goes on with them.
   */
  readonly source?: "api" | "config";
}

/** What became of one entry. */
export interface ImportResult extends EditResult {
  /** The name under which it is stored: `APP/NAME` if the client has an `app`. */
  readonly name: string;
  /** The rule in one line; `null`: it cannot be read. */
  readonly schedule: string | null;
  /** Epoch ms of the next run, in the past if it is overdue; `null`: none, or not known. */
  readonly nextRunAt: number | null;
  /** Whether it takes the place of an entry. */
  readonly replaced: boolean;
}

/** @throws ConfigError for an argument of a wrong shape, or a name that comes twice */
export async function importEntries(
  connection: Connection,
  given: readonly EntryToImport[],
  givenOptions: ImportOptions,
): Promise<ImportResult[]> {
  const options = readOptions(givenOptions);
  const items = readItems(given, connection.own.app);
  const unknown = await findTypes(
    connection.types,
    items.map(({ entry }) => entry),
  );
  const found = new Map<string, Omit<ImportResult, "name" | "error">>();
  const failed = new Map<string, BeatxError>();
  const edits: NamedEdit[] = [];
  for (const item of items) {
    try {
      for (const type of connection.types.missingIn([item.entry])) throw unknown.get(type)!;
      const entry = readEntry(item.entry, checkEntryName(item.name), item.name, connection.parseRule);
      found.set(item.name, { schedule: entry.schedule.toString(), nextRunAt: null, replaced: false });
      edits.push({ name: item.name, edit: importEdit(entry, item, { ...options, ...connection }, found) });
    } catch (error) {
      if (!BeatxError.isInstance(error)) throw error;
      failed.set(item.name, error);
    }
  }
  const refused = await (options.dryRun ? tryEdits(connection, edits) : applyEdits(connection, edits));
  const nothing = { schedule: null, nextRunAt: null, replaced: false };
  return items.map(({ name }) => {
    return { name, error: failed.get(name) ?? refused.get(name) ?? null, ...(found.get(name) ?? nothing) };
  });
}

interface Item {
  readonly name: string;
  readonly entry: EntryInput;
  readonly paused: boolean;
  readonly lastRunAt: number | null;
}

type Found = Map<string, Omit<ImportResult, "name" | "error">>;

function importEdit(
  entry: Entry,
  { paused, lastRunAt }: Item,
  { replace, source, own, by }: Required<ImportOptions> & Pick<Connection, "own" | "by">,
  found: Found,
): Edit {
  return (stored) => {
    const { name, live, broken, cursor, now } = stored;
    const before = live?.definition ?? broken?.definition;
    const kept = before?.kind === "entry" ? before : undefined;
    if ((live ?? broken) && !replace) throw taken(name);
    const pause = paused ? { paused, pause: { note: "imported as paused", by, at: now, until: null } } : { paused };
    const start = { effectiveFrom: startOfImport(stored, entry, lastRunAt) };
    const owned = source === "config" ? newEntry(entry, 0, own.app) : overriddenBy(entryToJson(entry), kept);
    const definition: EntryDefinition = { kind: "entry", ...owned, ...start, ...pause };
    const settled = live ? live.cursor : readableCursor(name, cursor);
    const rule = ruleFrom(name, entry, start);
    const next = entry.enabled && !paused ? nextToSend(rule, settled) : null;
    const nextRunAt = next === null ? null : dueAt(rule, next);
    found.set(name, { schedule: entry.schedule.toString(), nextRunAt, replaced: kept !== undefined });
    return withoutUnreadable(name, definition, cursor);
  };
}

/** From when the instants of the entry count (R15). @throws ConfigError for an entry that would never run. */
function startOfImport({ name, live, cursor, now }: StoredName, entry: Entry, lastRunAt: number | null): number {
  const settled = live ? live.cursor : readableCursor(name, cursor);
  const known = { effectiveFrom: lastRunAt ?? now, isOver: false };
  const isOver = lastRunAt !== null && nextInstant(ruleFrom(name, entry, known), settled) === null;
  const start = lastRunAt === null ? startOf(name, entry, settled, now) : { ...known, isOver };
  if (start.isOver && entry.enabled) throw neverRuns(name, entry, settled, now);
  return start.effectiveFrom;
}

function taken(name: string): BeatxError {
  const wayOut = "remove it, import under another name, or replace it (replace: true)";
  return new BeatxError("CONFLICT", `there is an entry ${quoteName(name)} already: ${wayOut}`);
}

/** Names that are read at once. */
const AT_ONCE = 500;

/** As `applyEdits`, but writes nothing. */
async function tryEdits(connection: Connection, edits: readonly NamedEdit[]): Promise<ReadonlyMap<string, BeatxError>> {
  const failed = new Map<string, BeatxError>();
  for (let start = 0; start < edits.length; start += AT_ONCE) {
    const batch = edits.slice(start, start + AT_ONCE);
    const names = batch.map(({ name }) => name);
    const [timetable, now] = [await readNames(connection, names), await timeOf(connection)];
    for (const { name, edit } of batch) {
      try {
        edit(lookUp(timetable, name, now));
      } catch (error) {
        if (!BeatxError.isInstance(error)) throw error;
        failed.set(name, error);
      }
    }
  }
  return failed;
}

function readOptions(given: ImportOptions): Required<ImportOptions> {
  const known = ["replace", "dryRun", "source"] as const;
  const { replace, dryRun, source = "api" } = readFields("the options of an import", given, known);
  refuseUnknownFields("the options of an import", given, known);
  if (source !== "api" && source !== "config") {
    throw new ConfigError(`source is ${describe(source)}: expected "api" or "config"`, { field: "source" });
  }
  return { replace: readFlag("replace", replace), dryRun: readFlag("dryRun", dryRun), source };
}

function readItems(given: readonly EntryToImport[], app: string | null): Item[] {
  if (!Array.isArray(given)) {
    throw new ConfigError(`entries is ${describe(given)}: expected a list of entries`, { field: "entries" });
  }
  const names = new Set<string>();
  return (given as readonly EntryToImport[]).map((each, index) => {
    const field = `entries[${index}]`;
    const known = ["name", "entry", "paused", "lastRunAt"] as const;
    const { name, entry, paused, lastRunAt = null } = readFields(field, each, known, `${field}.`);
    refuseUnknownFields("an entry to import", each, known, `${field}.`);
    if (lastRunAt !== null && !isInstant(lastRunAt)) {
      const message = `${field}.lastRunAt is ${describe(lastRunAt)}: expected whole epoch ms, or null`;
      throw new ConfigError(message, { field: `${field}.lastRunAt` });
    }
    const full = fullName(app, checkEntryName(name, `${field}.name`));
    if (names.has(full)) {
      throw new ConfigError(`the name ${describe(name)} comes twice: give each name once`, { field: "name" });
    }
    names.add(full);
    return { name: full, entry, paused: readFlag(`${field}.paused`, paused), lastRunAt };
  });
}
