/**
 * What a configuration changes in the stored entries: pure functions (R30). The merge of a node and a client that compares
 * or writes a configuration go by this one rule. Long lists are generators that yield after each entry they look at, so that
 * the caller can write and pause in between. The timetable may change meanwhile, by the changes that were yielded.
 */

import type { JsonObject } from "../base/json.js";
import type { DefinitionChange } from "../contract/store.js";
import { digestOf, isReadable } from "../entry/cursor.js";
import { encodeDefinition, type EntryDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import { configuredOf, isSameEntry } from "../entry/overridden.js";
import { entryToJson, isEqualEntry } from "../entry/read-entry.js";
import { isOwnedBy } from "./configured-entries.js";
import type { OwnDefinition } from "./entry-rule.js";
import type { LiveEntry } from "./live-entry.js";
import { readableCursor, startAfterEdit, startOf } from "./start.js";
import type { Timetable } from "./timetable.js";

export interface ReconcileInput {
  readonly timetable: Timetable;
  /** The entries of the configuration, by their full names; `null`: there is none, and the stored ones are left alone. */
  readonly config: ReadonlyMap<string, Entry> | null;
  /** The name of the application; `null`: none is given. */
  readonly app: string | null;
  /** The configuration takes the place of any other: what those have ends, too (R43). */
  readonly replaces?: boolean;
  /** Cluster time, epoch ms. */
  readonly now: number;
}

/** A change of a definition; `own`: what its text says. */
export interface MergeChange extends DefinitionChange {
  readonly own?: OwnDefinition | undefined;
}

/** One entry was looked at: its change, or `null` if it stays as it is. */
export type MergeStep = MergeChange | null;

/** What a merge did that its users should know: names of entries. */
export interface MergeNotes {
  /** Entries that were removed because the configuration no longer has them. */
  readonly removed: Set<string>;
  /** Entries that have no instant left, although they have never run or their rule is new. */
  readonly over: Set<string>;
  /** Entries that differ from the configuration, because a client edited them, and were left as they are. */
  readonly overridden: Set<string>;
}

export function newMergeNotes(): MergeNotes {
  return { removed: new Set(), over: new Set(), overridden: new Set() };
}

/** `names`: the only ones to look at; `null`: all of the configuration, then all stored ones. */
export function* reconcile(
  input: ReconcileInput,
  notes: MergeNotes,
  names: Iterable<string> | null = null,
): Generator<MergeStep> {
  const { config, timetable } = input;
  if (!config) return;
  for (const name of names ?? config.keys()) yield reconcileName(input, config, name, notes);
  if (names) return;
  for (const live of timetable.entries.values()) {
    yield isLeftOver(live, input, config) ? removalStep(input, live, notes) : null;
  }
}

/** Looks at one name. */
export function reconcileName(
  input: ReconcileInput,
  config: ReadonlyMap<string, Entry>,
  name: string,
  notes: MergeNotes,
): MergeStep {
  const [entry, live] = [config.get(name), input.timetable.entries.get(name)];
  if (entry) return mergeStep(input, name, entry, notes);
  return live && isLeftOver(live, input, config) ? removalStep(input, live, notes) : null;
}

/** Whether a merge would change what is stored under the name. It would later, too, unless the definition changes. */
export function needsMerge(name: string, input: ReconcileInput): boolean {
  const { config, timetable } = input;
  if (config === null) return false;
  const [entry, live] = [config.get(name), timetable.entries.get(name)];
  if (!entry) return live !== undefined && isLeftOver(live, input, config);
  return mergeEntry(input, name, entry, null) !== null;
}

function mergeStep(input: ReconcileInput, name: string, entry: Entry, notes: MergeNotes): MergeStep {
  const { timetable } = input;
  const merged = mergeEntry(input, name, entry, notes);
  const definition = merged ?? timetable.entries.get(name)?.definition;
  if (definition?.kind === "entry" && configuredOf(definition)) notes.overridden.add(name);
  if (merged === null) return null;
  const change = { name, definition: encodeDefinition(merged), expectedRevision: timetable.revisionOf(name) };
  return merged.overridden ? change : { ...change, own: { definition: merged, entry } };
}

/** An entry of an earlier configuration of this application, or of one that this configuration replaces. */
function isLeftOver(
  { name, definition }: LiveEntry,
  { app, replaces = false }: ReconcileInput,
  config: ReadonlyMap<string, Entry>,
): boolean {
  return (isOwnedBy(app, definition) || (replaces && isReplaced(app, definition))) && !config.has(name);
}

/** A configuration without a name replaces all others; an application replaces the one without a name. */
function isReplaced(app: string | null, definition: LiveEntry["definition"]): boolean {
  if (definition.kind !== "entry" || definition.source !== "config") return false;
  return app === null || definition.app === undefined;
}

function removalStep({ now }: ReconcileInput, { name, revision }: LiveEntry, notes: MergeNotes): MergeStep {
  notes.removed.add(name);
  return { name, definition: encodeDefinition({ kind: "removed", removedAt: now }), expectedRevision: revision };
}

/** `notes`: `null` if nobody reads them. */
function mergeEntry(
  input: ReconcileInput,
  name: string,
  entry: Entry,
  notes: MergeNotes | null,
): EntryDefinition | null {
  const { timetable, app, now } = input;
  const known = timetable.entries.get(name);
  if (known) return updateEntry(input, known, entry, notes);
  const broken = timetable.broken.get(name)?.definition;
  if (broken?.kind === "entry") return updateBroken(input, broken, entry);
  const cursor = timetable.cursorText(name);
  const settled = readableCursor(name, cursor);
  const { effectiveFrom, isOver } = startOf(name, entry, settled, now);
  const isRemoved = isOver && entry.whenDone === "remove";
  if (isOver && entry.enabled && (!isRemoved || settled === null)) notes?.over.add(name);
  return isRemoved ? null : withoutUnreadable(name, newEntry(entry, effectiveFrom, app), cursor);
}

/** A new definition starts without a stored cursor that cannot be read, such as a tombstone's. */
export function withoutUnreadable(name: string, definition: EntryDefinition, cursor: string | null): EntryDefinition {
  return cursor === null || isReadable(name, cursor) ? definition : { ...definition, ignoredCursor: digestOf(cursor) };
}

/** The definition of an entry that the configuration adds: nothing is owed for instants up to `effectiveFrom`. */
export function newEntry(entry: Entry, effectiveFrom: number, app: string | null = null): EntryDefinition {
  return {
    kind: "entry",
    source: "config",
    ...ownerOf(app),
    effectiveFrom,
    paused: false,
    overridden: false,
    entry: entryToJson(entry),
  };
}

/** The field that says whose an entry is. */
export function ownerOf(app: string | null): Pick<EntryDefinition, "app"> {
  return app === null ? {} : { app };
}

/** Whether the configuration's definition of a stored entry counts: not if a client created or edited the entry (R30). */
export function followsConfiguration({ source, overridden }: Pick<EntryDefinition, "source" | "overridden">): boolean {
  return source === "config" && !overridden;
}

function updateEntry(
  { app, now }: ReconcileInput,
  known: LiveEntry,
  entry: Entry,
  notes: MergeNotes | null,
): EntryDefinition | null {
  if (known.definition.kind !== "entry" || known.definition.source === "api") return null;
  const isMine = isOwnedBy(app, known.definition);
  const definition = isMine ? known.definition : ownedBy(app, known.definition);
  if (isMine && !definition.overridden && isEqualEntry(known.rule, entry)) return null;
  const wanted = entryToJson(entry);
  if (definition.overridden) return keepConfigured(definition, wanted) ?? (isMine ? null : definition);
  const { effectiveFrom, isOver } = startAfterEdit(known, entry, now);
  if (isOver && entry.enabled && !definition.paused) notes?.over.add(known.name);
  return { ...definition, entry: wanted, effectiveFrom };
}

function ownedBy(app: string | null, { app: _before, ...definition }: EntryDefinition): EntryDefinition {
  return { ...definition, ...ownerOf(app) };
}

/** An edited entry stays as it is; only what the configuration says of it changes. */
function keepConfigured(definition: EntryDefinition, configured: JsonObject): EntryDefinition | null {
  const isKnown = definition.configured !== undefined && isSameEntry(definition.configured, configured);
  return isKnown ? null : { ...definition, configured };
}

/** Writes a broken entry anew if its definition is to blame. A broken cursor waits for `reset`, which loses its counts. */
function updateBroken({ app, now }: ReconcileInput, broken: EntryDefinition, entry: Entry): EntryDefinition | null {
  if (broken.source === "api") return null;
  const isMine = isOwnedBy(app, broken);
  const definition = isMine ? broken : ownedBy(app, broken);
  const wanted = entryToJson(entry);
  if (definition.overridden) return keepConfigured(definition, wanted) ?? (isMine ? null : definition);
  if (isSameEntry(wanted, definition.entry)) return isMine ? null : definition;
  return { ...definition, entry: wanted, effectiveFrom: now };
}
