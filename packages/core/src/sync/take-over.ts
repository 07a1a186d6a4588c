/**
 * What a node does between getting the lease and sending: read the schedule, bring back what the store has lost, merge
 * the configuration. Every write goes under the lease, so a node that was deposed meanwhile changes nothing.
 */

import { BeatxError } from "../base/errors.js";
import type { CursorMove, DefinitionChange, Lease } from "../contract/store.js";
import { encodeCursor } from "../entry/cursor.js";
import { CLUSTER_RECORD, encodeDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { checkValueSize } from "../store/value-size.js";
import type { LiveEntry, RemovedEntry } from "../timetable/live-entry.js";
import { mergeConfiguration } from "../timetable/merge-configuration.js";
import type { Timetable } from "../timetable/timetable.js";
import type { ScheduleFollower } from "./schedule-follower.js";
import { inBatches, writeChanges, type WriteContext } from "./write-changes.js";

export interface TakeOverContext extends WriteContext {
  readonly follower: ScheduleFollower;
  readonly config: ReadonlyMap<string, Entry> | null;
  readonly configVersion: number | null;
  readonly lockTtlMs: number;
  readonly delivery: string;
  /** Cluster time, epoch ms. */
  readonly now: number;
  /** The cursors in memory are the newest there were: this node led until the store lost its memory (R33). */
  readonly cursorsAreNewest: boolean;
}

export interface TakeOverReport {
  /** Entries written back because the store had lost them; `null`: it had lost nothing. */
  readonly restored: number | null;
  /** Entries of the configuration that the store cannot take; the others were merged. */
  readonly tooLarge: ReadonlyMap<string, Error>;
}

/** Somebody else edits at the same time: read again and merge again, so often. */
const MERGE_TRIES = 5;

/** @throws StoreError when the store cannot be asked; LockLostError when the lease is gone. */
export async function takeOver(lease: Lease, context: TakeOverContext): Promise<TakeOverReport> {
  const { isLost } = await context.follower.loadAll();
  const restored = isLost ? await restore(lease, context) : null;
  for (let tries = 0; tries < MERGE_TRIES; tries++) {
    const tooLarge = new Map<string, Error>();
    const changes = mergeConfiguration(context).filter((change) => fits(context.store, change, tooLarge));
    if (await writeChanges(lease, context, changes)) return { restored, tooLarge };
    await context.follower.loadAll();
  }
  throw new BeatxError(
    "CONFLICT",
    `the configuration could not be merged: the stored entries changed ${MERGE_TRIES} times meanwhile; trying again`,
  );
}

function fits(
  { store }: StoreWithDeadlines,
  { name, definition }: DefinitionChange,
  tooLarge: Map<string, Error>,
): boolean {
  try {
    checkValueSize(store.name, name, definition ?? "", store.capabilities.maxValueBytes);
    return true;
  } catch (error) {
    tooLarge.set(name, error as BeatxError);
    return false;
  }
}

/** Writes memory back: definitions always, cursors when nobody can have moved them since (R33). */
async function restore(lease: Lease, context: TakeOverContext): Promise<number> {
  const { timetable, follower, store, now, cursorsAreNewest, onBatch } = context;
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
  // What is left of a removed entry has not moved since, whoever led (R31).
  const cursors = [
    ...(cursorsAreNewest ? lost.flatMap(cursorOf) : []),
    ...[...timetable.removed].flatMap(leftCursorOf),
  ];
  for (const batch of inBatches(changes)) await store.setSchedule(batch, lease).then(onBatch);
  for (const batch of inBatches(cursors)) await store.advance(lease, batch).then(onBatch);
  XXforgetEpoch(timetable);
  await follower.loadAll();
  return lost.length;
}

function cursorOf({ name, cursor }: LiveEntry): CursorMove[] {
  if (!cursor) return [];
  return [{ name, from: null, to: encodeCursor(cursor), definitionRevision: null, dueAt: cursor.at }];
}

function leftCursorOf([name, { cursor, definition }]: readonly [string, RemovedEntry]): CursorMove[] {
  if (cursor === null) return [];
  return [{ name, from: null, to: cursor, definitionRevision: null, dueAt: definition.removedAt }];
}

/** The next reading describes a new life of the data, in which what is missing does not exist. */
function XXforgetEpoch(timetable: Timetable): void {
  timetable.forget(CLUSTER_RECORD);
}
