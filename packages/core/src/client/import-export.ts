/** Writes an exported schedule into this store, definitions and state: a move (R55). */

import { quoteName } from "../base/describe.js";
import { BeatxError, ConfigError } from "../base/errors.js";
import { readFields, readFlag, refuseUnknownFields } from "../base/known-fields.js";
import type { CursorMove, DefinitionChange } from "../contract/store.js";
import { isOlder } from "../entry/app-record.js";
import { encodeCursor } from "../entry/cursor.js";
import { APP_PREFIX, CLUSTER_RECORD, type Definition, encodeDefinition } from "../entry/definition.js";
import { isPaused } from "../entry/pause.js";
import { checkValueSize } from "../store/value-size.js";
import { type LostRecord, ScheduleWriter } from "../sync/schedule-writer.js";
import { dueAt, nextToSend } from "../timetable/next-instant.js";
import { readableCursor } from "../timetable/start.js";
import type { Timetable } from "../timetable/timetable.js";
import { type Connection, timeOf } from "./connection.js";
import { endHold, type OnWait, placeHold, underLease } from "./hold.js";
import type { ImportResult } from "./import-entries.js";
import { readEverything, timetableOf } from "./read-entries.js";
import { type MovedRecord, type ReadExport, readExport, type ScheduleExport } from "./schedule-export.js";

export interface MoveOptions {
  /** `true`: entries that exist are written over. Default `false`: each is a `CONFLICT`, and stays. */
  readonly replace?: boolean;
  /** `true`: nothing is written. Default `false`. */
  readonly dryRun?: boolean;
  /** Called with what a wait is for. */
  readonly onWait?: OnWait;
}

/** @throws ConfigError for an export that is damaged; BeatxError `CONFLICT` if a node goes on leading; StoreError */
export async function importExport(
  connection: Connection,
  given: ScheduleExport,
  options: MoveOptions,
): Promise<ImportResult[]> {
  const known = ["replace", "dryRun", "onWait"] as const;
  const { replace, dryRun, onWait = () => undefined } = readFields("the options of an import", options, known);
  refuseUnknownFields("the options of an import", options, known);
  const moved = readExport(given);
  const replaces = readFlag("replace", replace);
  const before = await plan(connection, moved, replaces);
  if (readFlag("dryRun", dryRun)) return before.results;
  refuseUnlessWhole(before);
  const isPlaced = await placeHold(connection, "import");
  let hasBegun = false;
  try {
    const lockTtlMs = before.timetable.cluster.lockTtlMs;
    const results = await underLease(connection, lockTtlMs, onWait, async (term) => {
      // Nobody moves a cursor any more: what is stored now is what the writes are made from.
      const now = await plan(connection, moved, replaces);
      if (!isPlaced) refuseUnlessWhole(now);
      const { timetable, records, last, results } = now;
      const writer = new ScheduleWriter(term, connection.store, timetable, connection.clock);
      hasBegun = true;
      await writer.restore(records);
      await writer.write(last);
      return check(connection, records, results);
    });
    if (isPlaced || results.every(({ error }) => error === null)) await endHold(connection);
    return results;
  } catch (error) {
    if (!hasBegun && isPlaced) await endHold(connection).catch(() => undefined);
    throw hasBegun ? halfWritten(error) : error;
  }
}

/** The end of a hold lets the nodes go on with what is stored: entries that stay as they are would repeat what ran elsewhere. */
function refuseUnlessWhole({ timetable, results }: MovePlan): void {
  const failed = results.filter(({ error }) => error !== null);
  if (timetable.records.hold.revision === null || failed.length === 0) return;
  throw new BeatxError(
    "CONFLICT",
    `the schedule is held, and stays so: ${failed.length} of its entries cannot be written, such as ${failed[0]!.error!.message}. ` +
      "Write over those that exist (replace: true, --replace)",
  );
}

function halfWritten(error: unknown): unknown {
  if (!BeatxError.isInstance(error)) return error;
  const message =
    `the import ended before everything was written: ${error.message.replace(/\.+$/, "")}. The schedule is held, so nothing is ` +
    "sent: repeat the import with replace: true (--replace), or give it up with client.release() (beatx release)";
  return new BeatxError(error.code, message, { cause: error });
}

interface MovePlan {
  readonly timetable: Timetable;
  /** Entries, tombstones and requested runs. */
  readonly records: readonly LostRecord[];
  /** The records of applications and of the cluster: until they are there, no node believes that it knows the schedule. */
  readonly last: readonly DefinitionChange[];
  /** One for each entry. */
  readonly results: ImportResult[];
}

async function plan(connection: Connection, moved: ReadExport, replaces: boolean): Promise<MovePlan> {
  const timetable = await readEverything(connection);
  checkOwners(timetable, moved);
  const now = await timeOf(connection);
  const fresh = await timetableOf(connection, moved.records.map(storedAs));
  const records: LostRecord[] = [];
  const results: ImportResult[] = [];
  for (const record of moved.records) {
    const error = refusal(connection, timetable, record, replaces);
    if (error === null) records.push(written(timetable, record));
    if (record.definition.kind === "entry") results.push(resultOf(record.name, fresh, timetable, error, now));
  }
  return { timetable, records, last: lastRecords(timetable, moved), results };
}

/** Configurations with and without a name do not mix (R43). */
function checkOwners(timetable: Timetable, { records }: ReadExport): void {
  const stored = new Set([...timetable.configured.owners].map((app) => app !== null));
  const given = new Set(
    records.flatMap(({ definition }) =>
      definition.kind === "entry" && definition.source === "config" ? [definition.app !== undefined] : [],
    ),
  );
  if ([...given].every((isNamed) => stored.size === 0 || stored.has(isNamed))) return;
  throw new ConfigError(
    "the export and the stored schedule do not mix: the configuration of one of them has a name (app), and that of the other " +
      "has none. Import into another namespace",
    { field: "export" },
  );
}

function storedAs({ name, definition, cursor }: MovedRecord): Parameters<typeof timetableOf>[1][number] {
  return { name, definition: encodeDefinition(definition), revision: "export", cursor: cursor && encodeCursor(cursor) };
}

/** Why the record is not written; `null`: it is. */
function refusal(
  { store }: Connection,
  timetable: Timetable,
  { name, definition }: MovedRecord,
  replaces: boolean,
): BeatxError | null {
  const exists = timetable.entries.has(name) || timetable.broken.has(name);
  if (exists && !replaces) {
    const wayOut = "remove it, or replace it (replace: true)";
    return new BeatxError("CONFLICT", `there is an entry ${quoteName(name)} already: ${wayOut}`);
  }
  try {
    checkValueSize(store.name, name, encodeDefinition(definition), store.capabilities.maxValueBytes);
    return null;
  } catch (error) {
    if (BeatxError.isInstance(error)) return error;
    throw error;
  }
}

/** A cursor that is there already counts if it is further: it never moves back (R14). */
function written(timetable: Timetable, { name, definition, cursor }: MovedRecord): LostRecord {
  const from = timetable.cursorText(name);
  const stored = readableCursor(name, from);
  const isNewer = cursor !== null && (stored === null || cursor.at >= stored.at);
  const move: CursorMove | null = isNewer
    ? { name, from, to: encodeCursor(cursor), definitionRevision: null, dueAt: 0 }
    : null;
  const change = {
    name,
    definition: encodeDefinition(settled(definition, cursor?.at ?? null)),
    expectedRevision: timetable.revisionOf(name),
  };
  return { change, move: move?.to === from ? null : move };
}

/** It owes nothing up to its cursor, even if that is lost before it is written. */
function settled(definition: Definition, at: number | null): Definition {
  if (definition.kind !== "entry" || at === null) return definition;
  return { ...definition, effectiveFrom: Math.max(definition.effectiveFrom, at) };
}

function lastRecords(timetable: Timetable, { apps, cluster }: ReadExport): DefinitionChange[] {
  const changes: DefinitionChange[] = [];
  for (const [app, record] of apps) {
    const known = timetable.apps.get(app);
    if (known?.definition && !isOlder(known.definition, record)) continue;
    const definition = encodeDefinition(record);
    changes.push({ name: APP_PREFIX + app, definition, expectedRevision: known?.revision ?? null });
  }
  const { revision, configVersion } = timetable.cluster;
  const isHigher = (cluster?.configVersion ?? -1) > (configVersion ?? -1);
  if (cluster && (revision === null || isHigher)) {
    changes.push({ name: CLUSTER_RECORD, definition: encodeDefinition(cluster), expectedRevision: revision });
  }
  return changes;
}

function resultOf(
  name: string,
  fresh: Timetable,
  timetable: Timetable,
  error: BeatxError | null,
  now: number,
): ImportResult {
  const live = fresh.entries.get(name);
  const replaced = timetable.entries.has(name);
  const broken = fresh.broken.get(name)?.error ?? null;
  if (!live || live.definition.kind !== "entry")
    return { name, error: error ?? broken, schedule: null, nextRunAt: null, replaced };
  const isActive = live.rule.enabled && !isPaused(live.definition, now);
  const next = isActive ? nextToSend(live.rule, live.cursor) : null;
  const nextRunAt = next === null ? null : dueAt(live.rule, next);
  return { name, error, schedule: live.rule.schedule.toString(), nextRunAt, replaced };
}

/** Reads back what was written: a client may have edited an entry meanwhile. */
async function check(
  connection: Connection,
  records: readonly LostRecord[],
  results: readonly ImportResult[],
): Promise<ImportResult[]> {
  const stored = await readEverything(connection);
  const failed = new Map<string, BeatxError>();
  for (const { change, move } of records) {
    const { name, definition } = change!;
    const text = stored.cursorText(name);
    const found = stored.entries.get(name)?.definition ?? stored.removed.get(name)?.definition;
    const isThere = found !== undefined && encodeDefinition(found) === definition;
    const isBroken = stored.broken.has(name);
    if (isBroken || (isThere && (move === null || text === move.to))) continue;
    failed.set(name, new BeatxError("CONFLICT", `${quoteName(name)} was changed at the same time: import it again`));
  }
  return results.map((result) => ({ ...result, error: result.error ?? failed.get(result.name) ?? null }));
}
