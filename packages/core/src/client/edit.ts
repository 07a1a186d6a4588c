/** The definitions that the edits of a client make from what is stored: pure functions. */

import { describe, quoteName } from "../base/describe.js";
import { BeatxError, ConfigError } from "../base/errors.js";
import { readFields } from "../base/known-fields.js";
import { isWholeBetween } from "../base/number-range.js";
import { type Cursor, digestOf, isReadable } from "../entry/cursor.js";
import { type Definition, type EntryDefinition, RUN_PREFIX } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { givenBack, overriddenBy } from "../entry/overridden.js";
import { entryToJson } from "../entry/read-entry.js";
import type { BrokenEntry, LiveEntry } from "../timetable/live-entry.js";
import { withoutUnreadable } from "../timetable/reconcile.js";
import { onlyMovesBounds, readableCursor, resumed, startAfterEdit, startOf } from "../timetable/start.js";
import type { Timetable } from "../timetable/timetable.js";
import { neverRuns } from "./never-runs.js";

/** What a client has read under a name. */
export interface StoredName {
  readonly name: string;
  readonly live: LiveEntry | undefined;
  readonly broken: BrokenEntry | undefined;
  readonly cursor: string | null;
  /** Cluster time, epoch ms. */
  readonly now: number;
}

/** Makes the new definition; `null`: the name is removed without a tombstone. */
export type Edit = (stored: StoredName) => Definition | null;

export function lookUp(timetable: Timetable, name: string, now: number): StoredName {
  const [live, broken] = [timetable.entries.get(name), timetable.broken.get(name)];
  return { name, live, broken, cursor: timetable.cursorText(name), now };
}

/** @throws BeatxError `NOT_FOUND`, or `BAD_ENTRY` with the way out for a broken entry. */
export function asEntry({ name, live, broken }: Omit<StoredName, "now" | "cursor">): EntryDefinition {
  if (live?.definition.kind === "entry") return live.definition;
  if (broken) throw broken.error;
  throw new BeatxError("NOT_FOUND", `there is no entry ${quoteName(name)}`);
}

/** `ifRevision`: the revision that is expected, `null` for no entry; `undefined`: any. */
export function putEdit(entry: Entry, ifRevision: string | null | undefined): Edit {
  return ({ name, live, broken, cursor, now }) => {
    requireRevision({ name, live, broken }, ifRevision);
    const before = live?.definition ?? broken?.definition;
    const kept = before?.kind === "entry" ? before : undefined;
    const isIgnored = live?.cursor === null && cursor !== null;
    const settled = live ? live.cursor : readableCursor(name, cursor);
    const { effectiveFrom, isOver } = live ? startAfterEdit(live, entry, now) : startOf(name, entry, settled, now);
    if (isOver && entry.enabled && !onlyMovesBounds(live, entry)) throw neverRuns(name, entry, settled, now);
    const written: EntryDefinition = {
      kind: "entry",
      ...overriddenBy(entryToJson(entry), kept),
      effectiveFrom,
      skipUntil: effectiveFrom === kept?.effectiveFrom ? kept.skipUntil : undefined,
      paused: kept?.paused ?? false,
      pause: kept?.pause,
      ...(isIgnored ? { ignoredCursor: digestOf(cursor) } : {}),
    };
    return withoutUnreadable(name, written, cursor);
  };
}

export const removeEdit: Edit = (stored) => {
  const { name, broken, now } = stored;
  if (broken && name.startsWith(RUN_PREFIX)) return null;
  if (broken || asEntry(stored).source === "api") return { kind: "removed", removedAt: now };
  const advice = "remove it there, or pause it";
  throw new BeatxError("CONFLICT", `${quoteName(name)} comes from the configuration of the nodes: ${advice}`);
};

export const resumeEdit: Edit = (stored) => {
  const definition = asEntry(stored);
  return definition.paused ? resumed(definition, stored.live!, stored.now) : definition;
};

/** Makes the edit only if the stored entry has the revision. `undefined`: whatever it has. */
export function ifRevisionIs(ifRevision: string | null | undefined, edit: Edit): Edit {
  return (stored) => {
    if (stored.live ?? stored.broken) requireRevision(stored, ifRevision);
    return edit(stored);
  };
}

/** @throws BeatxError `CONFLICT` */
function requireRevision(
  { name, live, broken }: Pick<StoredName, "name" | "live" | "broken">,
  wanted?: string | null,
): void {
  const revision = (live ?? broken)?.revision ?? null;
  if (wanted !== undefined && wanted !== revision) throw conflict(name);
}

/** Starts the entry again: its cursor no longer counts, whether it can be read or not. */
export const restartEdit: Edit = (stored) => {
  const { name, broken, cursor } = stored;
  const isCursorToBlame = broken?.definition?.kind === "entry" && !isReadable(name, cursor);
  return restarted(isCursorToBlame ? broken.definition : asEntry(stored), cursor, stored.now);
};

/** Starts the entry again, and gives an edited one back to the configuration, even if it is the edit that broke it. */
export const resetEdit: Edit = (stored) => {
  const { broken, cursor, now } = stored;
  const edited = broken?.definition?.kind === "entry" && broken.definition.overridden ? broken.definition : null;
  if (edited?.configured) return restarted(givenBack(edited), cursor, now);
  const definition = restartEdit(stored) as EntryDefinition;
  return definition.overridden ? givenBack(definition) : definition;
};

function restarted(definition: EntryDefinition, cursor: string | null, now: number): EntryDefinition {
  return { ...definition, effectiveFrom: now, ignoredCursor: cursor === null ? undefined : digestOf(cursor) };
}

/** The number of instants that a cursor has counted; without a cursor more than any. */
export function settledBy(cursor: Cursor | null | undefined): number {
  return cursor ? cursor.runs + cursor.skipped : Infinity;
}

/** Returns the name; a broken record may have any, even none. @throws ConfigError for one that is no text. */
export function checkName(name: unknown): string {
  if (typeof name === "string") return name;
  throw new ConfigError(`name is ${describe(name)}: expected the name of an entry`, { field: "name" });
}

/** @throws ConfigError */
export function readIfRevision(condition: { readonly ifRevision?: string | null }): string | null | undefined {
  const { ifRevision } = readFields("the condition of an edit", condition, ["ifRevision"]);
  if (ifRevision === undefined || ifRevision === null || typeof ifRevision === "string") return ifRevision;
  const message = `ifRevision is ${describe(ifRevision)}: expected a revision, or null for no entry`;
  throw new ConfigError(message, { field: "ifRevision" });
}

/** The most occurrences that one call lists. */
const MAX_LISTED = 100_000;

/** @throws ConfigError for a length that is not a whole number within the limit. */
export function checkListLength(field: string, length: unknown): void {
  if (isWholeBetween(length, 0, MAX_LISTED)) return;
  const message = `${field} is ${describe(length)}: expected a whole number from 0 to ${MAX_LISTED}`;
  throw new ConfigError(message, { field });
}

export function conflict(name: string): BeatxError {
  const message = `${quoteName(name)} was changed at the same time: read it again and repeat the edit`;
  return new BeatxError("CONFLICT", message);
}
