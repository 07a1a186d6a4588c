/** A node writes the entries of its application, whether it leads or not (R47). */

import { APP_PREFIX, CLUSTER_RECORD } from "../entry/definition.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { isForeign } from "../timetable/foreign-configuration.js";
import { appChange, isOutdated, mergeApplication, type MergeInput } from "../timetable/merge-configuration.js";
import type { MergePlan } from "../timetable/merge-plan.js";
import { type MergeNotes, type MergeStep, newMergeNotes } from "../timetable/reconcile.js";
import type { ScheduleWriter } from "./schedule-writer.js";
import { thatFit } from "./take-over.js";

export interface ApplicationMerge {
  readonly store: StoreWithDeadlines;
  readonly writer: ScheduleWriter;
  /** Reviewed: it knows what has changed. */
  readonly plan: MergePlan;
  readonly merge: MergeInput;
  /** Asked before each step: the node has other work now. */
  readonly isOver: () => boolean;
}

export interface ApplicationMergeReport {
  readonly notes: MergeNotes;
  /** Entries of the configuration that the store cannot take. */
  readonly tooLarge: ReadonlyMap<string, Error>;
}

/**
 * Writes what the plan names, if this node's configuration is the newest; `null`: there was nothing to write. What another
 * node has changed meanwhile is read, and looked at again. @throws StoreError, LockLostError
 */
export async function mergeOwnEntries(work: ApplicationMerge): Promise<ApplicationMergeReport | null> {
  const { store, writer, plan, merge, isOver } = work;
  if (!mayWrite(merge) || !hasWork(work) || !(await isSharedStill(store, merge))) return null;
  const names = plan.take();
  if (names === null) return null;
  const [notes, tooLarge] = [newMergeNotes(), new Map<string, Error>()];
  const steps = until(isOver, thatFit(store, mergeApplication(merge, notes, names), tooLarge));
  try {
    const { isClean } = await writer.write(steps);
    if (!isClean || isOver()) plan.forget();
  } catch (error) {
    plan.forget();
    throw error;
  }
  return { notes, tooLarge };
}

/** A fresh store is left to the first leader, and a foreign configuration is replaced under the lease alone (R43). */
function mayWrite(merge: MergeInput): boolean {
  const { revision, isNewer } = merge.timetable.cluster;
  const isShared = revision !== null && !isNewer && !isForeign(merge.timetable, merge);
  return isShared && merge.appRecord !== null && !isOutdated(merge);
}

function hasWork({ plan, merge }: ApplicationMerge): boolean {
  return (plan.names?.size ?? 0) > 0 || appChange(merge) !== null;
}

/** Reads the records that decide anew: while the store has lost its data, the leader writes them back first (R33). */
async function isSharedStill(store: StoreWithDeadlines, merge: MergeInput): Promise<boolean> {
  const { timetable, app } = merge;
  const own = APP_PREFIX + app;
  const stored = new Map((await store.getEntries([CLUSTER_RECORD, own])).map((record) => [record.name, record]));
  for (const record of stored.values()) timetable.apply(record, false);
  if (!stored.has(own) && timetable.apps.has(app!)) timetable.drop(own);
  return stored.has(CLUSTER_RECORD) && mayWrite(merge);
}

function* until(isOver: () => boolean, steps: Iterable<MergeStep>): Generator<MergeStep> {
  for (const step of steps) {
    if (isOver()) return;
    yield step;
  }
}
