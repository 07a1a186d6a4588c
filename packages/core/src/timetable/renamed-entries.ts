/** An application gets its name: its entries go on under their full names (R43). Pure functions. */

import { encodeCursor } from "../entry/cursor.js";
import { encodeDefinition, type EntryDefinition } from "../entry/definition.js";
import { writtenName } from "../entry/entry-names.js";
import { isOwnedBy } from "./configured-entries.js";
import type { LiveEntry } from "./live-entry.js";
import type { MergeInput } from "./merge-configuration.js";
import { type MergeChange, ownerOf } from "./reconcile.js";

/** An entry under its new name. */
export interface RenamedEntry {
  readonly change: MergeChange;
  /** The text of its cursor; `null`: it has none, or there is one under the new name. */
  readonly cursor: string | null;
}

/** Whether the configuration takes over entries of one without a name. */
export function renames({ timetable, config, app, replaceSchedule }: MergeInput): boolean {
  return replaceSchedule && config !== null && app !== null && timetable.configured.has(null);
}

/**
 * The stored entries that the configuration has under a new name, with what is settled of them: nothing is lost or repeated.
 * The merge then ends the old ones. Yields `null` for an entry that there is nothing to do for.
 */
export function* renamedEntries({ timetable, config, app }: MergeInput): Generator<RenamedEntry | null> {
  for (const name of config?.keys() ?? []) {
    const before = timetable.entries.get(writtenName(app, name));
    const isTaken = timetable.entries.has(name) || timetable.broken.has(name);
    yield before?.definition.kind !== "entry" || !isOwnedBy(null, before.definition) || isTaken
      ? null
      : renamed(before, before.definition, { name, app, revision: timetable.revisionOf(name) });
  }
}

function renamed(
  { cursor, cursorText }: LiveEntry,
  { ignoredCursor: _reset, ...definition }: EntryDefinition,
  { name, app, revision }: { readonly name: string; readonly app: string | null; readonly revision: string | null },
): RenamedEntry {
  // A term that ends before it has written the cursor leaves nothing that would be sent again.
  const effectiveFrom = Math.max(definition.effectiveFrom, cursor?.at ?? -Infinity);
  const text = encodeDefinition({ ...definition, ...ownerOf(app), effectiveFrom });
  return {
    change: { name, definition: text, expectedRevision: revision },
    // The tombstone of an earlier entry of this name keeps its cursor.
    cursor: cursor === null || revision !== null ? null : (cursorText ?? encodeCursor(cursor)),
  };
}
