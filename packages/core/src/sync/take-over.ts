/**
 * The work between getting the lease and sending: read the schedule, bring back what the store has lost, merge the
 * configuration. Every write goes under the lease, so a node that has lost it meanwhile changes nothing. The writes go out
 * while the work goes on, so the next term finds what this one has written and continues from there.
 */

import { BeatxError } from "../base/errors.js";
import type { CursorMove, DefinitionChange, Store, StoredEntry } from "../contract/store.js";
import { decodeCursor, encodeCursor } from "../entry/cursor.js";
import { CLUSTER_RECORD, encodeDefinition } from "../entry/definition.js";
import { checkValueSize } from "../store/value-size.js";
import type { LiveEntry, RemovedEntry } from "../timetable/live-entry.js";
import { mergeConfiguration, type MergeInput, type MergeStep } from "../timetable/merge-configuration.js";
import type { ScheduleFollower } from "./schedule-follower.js";
import type { ScheduleWriter } from "./schedule-writer.js";

export interface TakeOver {
  /** Writes under the lease of the new term. */
  readonly writer: ScheduleWriter;
  readonly follower: ScheduleFollower;
  /** For its name and its size limit: larger entries are left out. */
  readonly store: Pick<Store, "name" | "capabilities">;
  readonly merge: MergeInput;
  /** The cursors in memory are the newest there are: this node led until the store lost its data (R33). */
  readonly cursorsAreNewest: boolean;
  /** Called again and again during long work, with its name and how far it is. If it throws, the take-over ends. */
  readonly onProgress: (work: string, done: number, total: number) => void;
}

export interface TakeOverReport {
  /** Entries written back because the store had lost them; `null`: it had lost nothing. */
  readonly restored: number | null;
  /** Entries of the configuration that the store cannot take; the others were merged. */
  readonly tooLarge: ReadonlyMap<string, Error>;
}

/** If another edit comes in, the schedule is read and merged again, at most this many times in all. */
const MERGE_TRIES = 5;

/** @throws StoreError if the store does not answer; LockLostError if the lease is gone. */
export async function takeOver(work: TakeOver): Promise<TakeOverReport> {
  const { writer, follower, store, merge, onProgress } = work;
  const { isLost } = await follower.loadAll();
  const restored = isLost ? await restore(work) : null;
  const total = Math.max(merge.config?.size ?? 0, merge.timetable.entries.size);
  const onMerged = (done: number): void => onProgress("merging the configuration", Math.min(done, total), total);
  for (let tries = 0; tries < MERGE_TRIES; tries++) {
    const tooLarge = new Map<string, Error>();
    const steps = thatFit(store, mergeConfiguration(merge), tooLarge);
    if ((await writer.write(steps, onMerged)).isClean) return { restored, tooLarge };
    await follower.loadAll();
  }
  throw new BeatxError(
    "CONFLICT",
    `the configuration could not be merged: the stored entries changed ${MERGE_TRIES} times meanwhile; trying again`,
  );
}

/** The same steps without the changes that the store cannot take; these are noted in `tooLarge`. */
function* thatFit(
  store: TakeOver["store"],
  steps: Iterable<MergeStep>,
  tooLarge: Map<string, Error>,
): Generator<MergeStep> {
  for (const step of steps) yield step === null || fits(store, step, tooLarge) ? step : null;
}

function fits(
  { name: storeName, capabilities }: TakeOver["store"],
  { name, definition }: DefinitionChange,
  tooLarge: Map<string, Error>,
): boolean {
  try {
    checkValueSize(storeName, name, definition ?? "", capabilities.maxValueBytes);
    return true;
  } catch (error) {
    tooLarge.set(name, error as BeatxError);
    return false;
  }
}

/** The contents of memory when the loss was found. Writing them back changes the timetable, so these are copies. */
interface Lost {
  readonly entries: readonly LiveEntry[];
  readonly broken: readonly StoredEntry[];
  readonly removed: readonly (readonly [string, RemovedEntry])[];
}

/** Writes memory back: definitions always, cursors if no other node can have moved them (R33). */
async function restore({ writer, follower, merge, cursorsAreNewest, onProgress }: TakeOver): Promise<number> {
  const { timetable, now } = merge;
  const lost: Lost = {
    entries: [...timetable.entries.values()],
    broken: Array.from(timetable.broken.values(), ({ stored }) => stored),
    removed: [...timetable.removed],
  };
  const total = lost.entries.length + lost.broken.length + lost.removed.length;
  const onWritten = (done: number): void => onProgress("writing back what the store has lost", done, total);
  await writer.write(lostDefinitions(lost, cursorsAreNewest ? null : now), onWritten);
  await writer.restoreCursors(lostCursors(lost, cursorsAreNewest), onWritten);
  // From here on the data has a new life: a name that the next reading lacks does not exist.
  timetable.drop(CLUSTER_RECORD);
  await follower.loadAll();
  return lost.entries.length;
}

/** `startAt`: from when the entries owe occurrences; `null`: as before, because their cursors come back, too. */
function* lostDefinitions({ entries, broken, removed }: Lost, startAt: number | null): Generator<DefinitionChange> {
  for (const { name, definition } of entries) {
    const isReset = definition.kind === "entry" && startAt !== null;
    const kept = isReset ? { ...definition, effectiveFrom: startAt } : definition;
    yield { name, definition: encodeDefinition(kept), expectedRevision: null };
  }
  for (const { name, definition } of broken) yield { name, definition, expectedRevision: null };
  for (const [name, { definition }] of removed)
    yield { name, definition: encodeDefinition(definition), expectedRevision: null };
}

/**
 * A tombstone's cursor has not moved since (R31). A broken entry keeps its old `effectiveFrom`, so without a cursor it
 * would owe everything since then.
 */
function* lostCursors({ entries, broken, removed }: Lost, cursorsAreNewest: boolean): Generator<CursorMove | null> {
  for (const entry of entries) yield cursorsAreNewest ? cursorOf(entry) : null;
  for (const stored of broken) yield brokenCursor(stored);
  for (const [name, entry] of removed) yield tombstoneCursor(name, entry);
}

function cursorOf({ name, cursor }: LiveEntry): CursorMove | null {
  return cursor && writeBack(name, encodeCursor(cursor), cursor.at);
}

function tombstoneCursor(name: string, { cursor, definition }: RemovedEntry): CursorMove | null {
  return cursor === null ? null : writeBack(name, cursor, definition.removedAt);
}

/** None if the cursor is what is broken. */
function brokenCursor({ name, cursor }: StoredEntry): CursorMove | null {
  if (cursor === null) return null;
  try {
    return writeBack(name, cursor, decodeCursor(name, cursor).at);
  } catch {
    return null;
  }
}

function writeBack(name: string, cursor: string, dueAt: number): CursorMove {
  return { name, from: null, to: cursor, definitionRevision: null, dueAt };
}
