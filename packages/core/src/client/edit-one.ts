/** Edits of one entry, each by compare-and-set on what was read. */

import { BeatxError } from "../base/errors.js";
import { applyEdit, TRIES } from "./apply-edits.js";
import type { EditCondition } from "./client.js";
import type { Connection } from "./connection.js";
import {
  asEntry,
  checkName,
  type Edit,
  ifRevisionIs,
  lookUp,
  readIfRevision,
  removeEdit,
  resetEdit,
  settledBy,
  type StoredName,
} from "./edit.js";
import { type EntryView, viewEntry } from "./entry-view.js";
import { readNames, timeToView } from "./read-entries.js";
import { removeRequestedRuns } from "./requested-run.js";

/** What is stored under the name. @throws StoreError */
export async function readName(connection: Connection, name: string): Promise<StoredName> {
  return lookUp(await readNames(connection, [checkName(name)]), name, 0);
}

/**
 * Makes the edit; if another one came first, again from what is stored then. Answers the entry as it is now, or as it was
 * written if the store does not answer any more: the edit itself is complete.
 */
export async function editOne(connection: Connection, name: string, edit: Edit): Promise<EntryView> {
  const written = await applyEdit(connection, checkName(name), edit);
  const stored = lookUp(await readNames(connection, [name]).catch(() => written), name, 0);
  // It may have run and gone already.
  const live = stored.broken ? undefined : (stored.live ?? written.entries.get(name));
  asEntry({ ...stored, live });
  return viewEntry(live!, await timeToView(connection, [live!]).catch(() => connection.clock.now()))!;
}

/** Removes an entry and its requested runs. @throws BeatxError `NOT_FOUND` if there is neither; `CONFLICT` */
export async function removeOne(connection: Connection, name: string, condition: EditCondition): Promise<void> {
  const edit = ifRevisionIs(readIfRevision(condition), removeEdit);
  const notFound = await applyEdit(connection, checkName(name), edit).then(() => null, unlessNotFound);
  const { of, failed } = await removeRequestedRuns(connection, new Set([name]), TRIES);
  const error = failed.get(name) ?? (of.has(name) ? null : notFound);
  if (error) throw error;
}

/** Starts an entry again. If the leader moves the cursor meanwhile, that newer cursor still counts: it tries again. */
export async function resetOne(connection: Connection, name: string): Promise<EntryView> {
  for (let tries = 1; ; tries++) {
    let settled = Infinity;
    const view = await editOne(connection, name, (stored) => {
      settled = settledBy(stored.live?.cursor);
      return resetEdit(stored);
    });
    if (view.runs + view.skipped <= settled || tries === TRIES) return view;
  }
}

function unlessNotFound(error: unknown): BeatxError {
  if (BeatxError.hasCode(error, "NOT_FOUND")) return error;
  throw error;
}
