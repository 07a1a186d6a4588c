import { type ChangeResult, type DefinitionChange, RECORD_SLOTS, type StoredEntry } from "@beatx/core/adapter";
import { beginHistory, nextNumber, readHistory, revisionText } from "./history.js";
import type { History } from "./history.js";
import { type Keys, nameIn, numberIn } from "./keys.js";
import { fieldsOf, isNumber, type RowReader, type RowWriter, UNREADABLE_TEXT } from "./rows.js";

/** One definition. The cursor has a row of its own, so neither writer touches the other's row (R28). */
export interface DefinitionRow {
  readonly name: string;
  readonly revision: number;
  readonly text: string;
}

/** A written or removed name, stored under the number of that change. */
export interface ChangeRow {
  readonly name: string;
  readonly revision: number;
}

/** Removals are kept this long for partial readings. A node that slept longer reads everything. */
const REMOVAL_MEMORY_MS = 86_400_000;

/** One step drops at most this many old removals. */
const MOST_DROPPED_AT_ONCE = 1000;

/** Makes each change whose expected revision matches the stored one. Later changes of a batch see the earlier ones. */
export function changeDefinitions(
  rows: RowWriter,
  keys: Keys,
  changes: readonly DefinitionChange[],
  now: number,
): ChangeResult[] {
  const before = readHistory(rows, keys) ?? beginHistory();
  let history = before;
  const results = changes.map((change): ChangeResult => {
    const entry = readEntry(rows, keys, history, change.name);
    if ((entry?.revision ?? null) !== change.expectedRevision) return { status: "conflict", entry };
    history = { ...history, last: nextNumber(history, now) };
    writeChange(rows, keys, change, history.last);
    return { status: "done", revision: revisionText(history, history.last) };
  });
  if (history !== before) rows.put(keys.history, dropOldRemovals(rows, keys, history, now));
  return results;
}

/** The stored entry; `null`: none. */
export function readEntry(rows: RowReader, keys: Keys, history: History, name: string): StoredEntry | null {
  return entryAt(rows, keys, history, keys.definition(name));
}

/** The entry whose definition has this key; `null`: none. */
export function entryAt(rows: RowReader, keys: Keys, history: History, key: Buffer): StoredEntry | null {
  const row = readDefinition(rows, keys, key);
  if (row === undefined) return null;
  const { name, revision, text } = row;
  return { name, definition: text, revision: revisionText(history, revision), cursor: readCursor(rows, keys, name) };
}

/**
 * A damaged row keeps the name of its key, so that the entry is broken and can be removed or replaced. `undefined`: there
 * is no row, or a damaged one whose name is unknown.
 */
export function readDefinition(rows: RowReader, keys: Keys, key: Buffer): DefinitionRow | undefined {
  const row = rows.get(key);
  if (row === undefined) return undefined;
  const { name: ownName, revision, text } = fieldsOf(row);
  const isOwnName = typeof ownName === "string" && keys.definition(ownName).equals(key);
  const name = isOwnName ? ownName : nameIn(key);
  if (name === undefined) return undefined;
  return {
    name,
    revision: isNumber(revision) ? revision : 0,
    text: typeof text === "string" ? text : UNREADABLE_TEXT,
  };
}

/** The change under this key; `undefined`: its row is damaged. */
export function readChange(rows: RowReader, key: Buffer): ChangeRow | undefined {
  const { name, revision } = fieldsOf(rows.get(key));
  return typeof name === "string" && revision === numberIn(key) ? { name, revision } : undefined;
}

/** The stored cursor of a name; `null`: none. */
export function readCursor(rows: RowReader, keys: Keys, name: string): string | null {
  const cursor = rows.get(keys.cursor(name));
  if (cursor === undefined) return null;
  return typeof cursor === "string" ? cursor : UNREADABLE_TEXT;
}

function recordKeys(rows: RowReader, keys: Keys, name: string): Buffer[] {
  return rows.keys({ start: keys.record(name, 0), end: keys.record(name, RECORD_SLOTS) }, RECORD_SLOTS);
}

/** The records of a name; those that cannot be read are left out. */
export function readRecords(rows: RowReader, keys: Keys, name: string): string[] {
  return recordKeys(rows, keys, name)
    .map((key) => rows.get(key))
    .filter((text) => typeof text === "string");
}

/** Each stored name has one change row, for its last change; each removal has a removal row. */
function writeChange(rows: RowWriter, keys: Keys, { name, definition }: DefinitionChange, revision: number): void {
  const previous = readDefinition(rows, keys, keys.definition(name));
  if (previous !== undefined) rows.remove(keys.change(previous.revision));
  if (definition === null) {
    rows.remove(keys.definition(name));
    rows.remove(keys.cursor(name));
    for (const key of recordKeys(rows, keys, name)) rows.remove(key);
    rows.put(keys.removal(revision), { name, revision } satisfies ChangeRow);
  } else {
    rows.put(keys.definition(name), { name, revision, text: definition } satisfies DefinitionRow);
    rows.put(keys.change(revision), { name, revision } satisfies ChangeRow);
  }
}

/**
 * Otherwise a namespace whose entries come and go would grow for ever. Numbers are not below the clock, so they show
 * age.
 */
function dropOldRemovals(rows: RowWriter, keys: Keys, history: History, now: number): History {
  const oldest = { start: keys.removal(0), end: keys.removal(Math.floor(now) - REMOVAL_MEMORY_MS) };
  const old = rows.keys(oldest, MOST_DROPPED_AT_ONCE);
  for (const key of old) rows.remove(key);
  const last = old.map(numberIn).filter(isNumber).at(-1);
  return { ...history, forgottenTo: last ?? history.forgottenTo };
}
