/**
 * The work between getting the lease and sending: read the schedule, bring back what the store has lost, merge the
 * configuration. Every write goes under the lease, so a node that has lost it meanwhile changes nothing.
 */

import { BeatxError } from "../base/errors.js";
import type { CursorMove, DefinitionChange, Store, StoredEntry } from "../contract/store.js";
import { decodeCursor, encodeCursor } from "../entry/cursor.js";
import { CLUSTER_RECORD, encodeDefinition } from "../entry/definition.js";
import { checkValueSize } from "../store/value-size.js";
import type { LiveEntry, RemovedEntry } from "../timetable/live-entry.js";
import { mergeConfiguration, type MergeInput } from "../timetable/merge-configuration.js";
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
export async function takeOver({
  writer,
  follower,
  store,
  merge,
  cursorsAreNewest,
}: TakeOver): Promise<TakeOverReport> {
  const { isLost } = await follower.loadAll();
  const restored = isLost ? await restore(writer, follower, merge, cursorsAreNewest) : null;
  for (let tries = 0; tries < MERGE_TRIES; tries++) {
    const tooLarge = new Map<string, Error>();
    const changes = mergeConfiguration(merge).filter((change) => fits(store, change, tooLarge));
    if (await writer.write(changes)) return { restored, tooLarge };
    await follower.loadAll();
  }
  throw new BeatxError(
    "CONFLICT",
    `the configuration could not be merged: the stored entries changed ${MERGE_TRIES} times meanwhile; trying again`,
  );
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

/** Writes memory back: definitions always, cursors if no other node can have moved them (R33). */
async function restore(
  writer: ScheduleWriter,
  follower: ScheduleFollower,
  { timetable, now }: MergeInput,
  cursorsAreNewest: boolean,
): Promise<number> {
  const lost = [...timetable.entries.values()];
  const changes = lost.map(({ name, definition }): DefinitionChange => {
    const kept = definition.kind === "entry" && !cursorsAreNewest ? { ...definition, effectiveFrom: now } : definition;
    return { name, definition: encodeDefinition(kept), expectedRevision: null };
  });
  for (const { stored } of timetable.broken.values()) {
    changes.push({ name: stored.name, definition: stored.definition, expectedRevision: null });
  }
  for (const [name, { definition }] of timetable.removed) {
    changes.push({ name, definition: encodeDefinition(definition), expectedRevision: null });
  }
  // A tombstone's cursor has not moved since (R31). A broken entry keeps its old `effectiveFrom`, so without a cursor it
  // would owe everything since then.
  const cursors = [
    ...(cursorsAreNewest ? lost.flatMap(cursorOf) : []),
    ...[...timetable.removed].flatMap(tombstoneCursor),
    ...[...timetable.broken.values()].flatMap(({ stored }) => brokenCursor(stored)),
  ];
  await writer.write(changes);
  await writer.restoreCursors(cursors);
  // From here on the data has a new life: a name that the next reading lacks does not exist.
  timetable.drop(CLUSTER_RECORD);
  await follower.loadAll();
  return lost.length;
}

function cursorOf({ name, cursor }: LiveEntry): CursorMove[] {
  return cursor ? [writeBack(name, encodeCursor(cursor), cursor.at)] : [];
}

function tombstoneCursor([name, { cursor, definition }]: readonly [string, RemovedEntry]): CursorMove[] {
  return cursor === null ? [] : [writeBack(name, cursor, definition.removedAt)];
}

/** None if the cursor is what is broken. */
function brokenCursor({ name, cursor }: StoredEntry): CursorMove[] {
  if (cursor === null) return [];
  try {
    return [writeBack(name, cursor, decodeCursor(name, cursor).at)];
  } catch {
    return [];
  }
}

function writeBack(name: string, cursor: string, dueAt: number): CursorMove {
  return { name, from: null, to: cursor, definitionRevision: null, dueAt };
}
