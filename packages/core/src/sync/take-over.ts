/**
 * The work between getting the lease and sending: read the schedule, bring back what the store has lost, merge the
 * configuration. Every write goes under the lease, so a node that has lost it meanwhile changes nothing. The writes go out
 * while the work goes on, so the next term finds what this one has written and continues from there.
 */

import { BeatxError } from "../base/errors.js";
import type { CursorMove, DefinitionChange, Store, StoredEntry } from "../contract/store.js";
import { decodeCursor, encodeCursor } from "../entry/cursor.js";
import { APP_PREFIX, CLUSTER_RECORD, type Definition, encodeDefinition } from "../entry/definition.js";
import { HOLD_RECORD } from "../entry/hold-record.js";
import { checkValueSize } from "../store/value-size.js";
import type { LiveEntry, RemovedEntry } from "../timetable/live-entry.js";
import { mergeConfiguration, type MergeInput } from "../timetable/merge-configuration.js";
import type { MergePlan } from "../timetable/merge-plan.js";
import { type MergeNotes, type MergeStep, newMergeNotes } from "../timetable/reconcile.js";
import { renamedEntries, renames } from "../timetable/renamed-entries.js";
import { type FollowedChanges, NO_CHANGES, type ScheduleFollower } from "./schedule-follower.js";
import type { LostRecord, ScheduleWriter } from "./schedule-writer.js";

export interface TakeOver {
  /** Writes under the lease of the new term. */
  readonly writer: ScheduleWriter;
  readonly follower: ScheduleFollower;
  /** For its name and its size limit: larger entries are left out. */
  readonly store: Pick<Store, "name" | "capabilities">;
  readonly merge: MergeInput;
  /** Why this node must not lead what was read; `null`: it may. */
  readonly obstacle: () => Error | null;
  /** What the merge has to look at, if nothing else was read. */
  readonly plan: Pick<MergePlan, "names" | "overridden">;
  /** The cursors in memory are the newest there are: this node led until the store lost its data (R33). */
  readonly cursorsAreNewest: boolean;
  /** This term has sent already: the cursors in memory count, and those of the store are not adopted (R28). */
  readonly keepsCursors: boolean;
  /** A cursor that only memory has was lost alone, and is written back (R33); `false`: the store is in an older state (R32). */
  readonly mayLoseCursors: boolean;
  /** Called again and again during long work, with its name and how far it is. If it throws, the take-over ends. */
  readonly onProgress: (work: string, done: number, total: number) => void;
}

export interface TakeOverReport {
  /** Entries written back because the store had lost them; `null`: it had lost nothing. */
  readonly restored: number | null;
  /** Entries whose stored cursor is older than the one in memory (R32). */
  readonly wentBack: number;
  /** Entries of the configuration that the store cannot take; the others were merged. */
  readonly tooLarge: ReadonlyMap<string, Error>;
  readonly notes: MergeNotes;
  /** Why the cluster record was written anew; `null`: it could be read. */
  readonly brokenRecord: Error | null;
  /** Only what had changed was read: a cursor in memory may be older than the stored one. */
  readonly isWarm: boolean;
}

/** If another edit comes in, the schedule is read and merged again, at most this many times in all. */
const MERGE_TRIES = 5;

/**
 * @throws StoreError if the store does not answer; LockLostError if the lease is gone; the obstacle, and nothing was
 * written then.
 */
export async function takeOver(work: TakeOver): Promise<TakeOverReport> {
  const { writer, store, merge, onProgress } = work;
  const { isLost, missing, isWarm } = await load(work);
  const wentBack = work.follower.takeWentBack();
  const brokenRecord = merge.timetable.cluster.error;
  const restored = isLost ? await restore(work, missing) : null;
  if (renames(merge)) await rename(work);
  const total = Math.max(merge.config?.size ?? 0, merge.timetable.entries.size);
  const onMerged = (done: number): void => onProgress("merging the configuration", Math.min(done, total), total);
  const notes = newMergeNotes();
  for (let tries = 0; tries < MERGE_TRIES; tries++) {
    const tooLarge = new Map<string, Error>();
    const steps = thatFit(store, mergeConfiguration(merge, notes, isWarm ? work.plan : null), tooLarge);
    if ((await writer.write(steps, onMerged)).isClean) {
      return { restored, wentBack, tooLarge, notes, brokenRecord, isWarm };
    }
    // The change that came in between may be one that no revision shows.
    await load(work, { readsAll: true });
  }
  throw new BeatxError(
    "CONFLICT",
    `the configuration could not be merged: the stored entries changed ${MERGE_TRIES} times meanwhile; trying again`,
  );
}

/** A standby that has followed the cursors reads only what has changed; it is cold if it had to read everything (R29). */
async function load(
  work: TakeOver,
  { readsAll = false }: { readonly readsAll?: boolean } = {},
): Promise<FollowedChanges & { readonly isWarm: boolean }> {
  const { follower, keepsCursors, mayLoseCursors } = work;
  const isWarm = !readsAll && follower.knowsCursors && !keepsCursors;
  const changes = isWarm ? await follower.follow(true) : await follower.loadAll(!keepsCursors, mayLoseCursors);
  const obstacle = work.obstacle();
  if (obstacle) throw obstacle;
  return { ...(changes ?? NO_CHANGES), isWarm: isWarm && changes?.isComplete !== true };
}

/** The same steps without the changes that the store cannot take; these are noted in `tooLarge`. */
export function* thatFit(
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

/** Writes the entries of an application that has got its name under that name, each with its cursor (R43). */
async function rename(work: TakeOver): Promise<void> {
  await work.writer.restore(renamedRecords(work.merge));
  await load(work, { readsAll: true });
}

function* renamedRecords(merge: MergeInput): Generator<LostRecord | null> {
  for (const renamed of renamedEntries(merge)) {
    const cursor = renamed?.cursor ?? null;
    const move = cursor === null ? null : writeBack(renamed!.change.name, cursor, merge.now);
    yield renamed && { change: renamed.change, move };
  }
}

/** Writes memory back, definitions and cursors: without its cursor an entry that is done would run again (R33). */
async function restore(takeOver: TakeOver, missing: ReadonlySet<string>): Promise<number> {
  const { writer, merge, onProgress } = takeOver;
  const { entries, broken, removed } = merge.timetable;
  const [total, restored] = [entries.size + broken.size + removed.size, entries.size];
  const onWritten = (done: number): void => onProgress("writing back what the store has lost", done, total);
  await writer.restore(lostRecords(takeOver, missing), onWritten);
  // From here on the data has a new life: a name that the next reading lacks does not exist.
  merge.timetable.drop(CLUSTER_RECORD);
  await load(takeOver);
  return restored;
}

/**
 * Everything in memory that is missing. The timetable adopts what is written, so the lists are copied. A tombstone's cursor has
 * not moved since (R31). A broken entry keeps its old `effectiveFrom`, so without a cursor it would owe everything since then.
 */
function* lostRecords({ merge, cursorsAreNewest }: TakeOver, missing: ReadonlySet<string>): Generator<LostRecord> {
  const { entries, broken, removed, apps, records } = merge.timetable;
  const { hold } = records;
  // Before anything that it keeps from being sent.
  if (hold.revision === null && hold.text !== null) yield writtenAnew(HOLD_RECORD, hold.text);
  const lost = (name: string, definition: string | null, move: CursorMove | null): LostRecord => {
    return { change: missing.has(name) ? { name, definition, expectedRevision: null } : null, move };
  };
  for (const entry of [...entries.values()]) {
    const isStored = !missing.has(entry.name) && entry.cursorText !== null;
    const move = isStored ? null : cursorOf(entry);
    yield lost(entry.name, encodeDefinition(settled(entry, cursorsAreNewest ? null : merge.now)), move);
  }
  for (const { stored } of [...broken.values()]) yield lost(stored.name, stored.definition, brokenCursor(stored));
  for (const [name, entry] of [...removed])
    yield lost(name, encodeDefinition(entry.definition), tombstoneCursor(name, entry));
  for (const [app, { definition }] of [...apps]) {
    if (definition) yield lost(APP_PREFIX + app, encodeDefinition(definition), null);
  }
}

function writtenAnew(name: string, definition: string): LostRecord {
  return { change: { name, definition, expectedRevision: null }, move: null };
}

/**
 * The definition of an entry that owes nothing up to `now`; `null`: up to its cursor. A term that ends before it has written
 * the cursor then leaves nothing that would be sent again.
 */
function settled({ definition, cursor }: LiveEntry, now: number | null): Definition {
  if (definition.kind !== "entry") return definition;
  return { ...definition, effectiveFrom: now ?? Math.max(definition.effectiveFrom, cursor?.at ?? 0) };
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
