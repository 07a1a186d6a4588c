import type { ChangeResult, DefinitionChange, StoredEntry } from "@beatx/core/adapter";
import { beginHistory, nextNumber, revisionText } from "./history.js";
import type { History } from "./history.js";
import type { Keys } from "./keys.js";
import type { RowReader, RowWriter } from "./rows.js";

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
  const before = rows.get<History>(keys.history) ?? beginHistory();
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
  const row = rows.get<DefinitionRow>(keys.definition(name));
  return row === undefined ? null : entryOf(rows, keys, history, row);
}

export function entryOf(rows: RowReader, keys: Keys, history: History, row: DefinitionRow): StoredEntry {
  const cursor = rows.get<string>(keys.cursor(row.name)) ?? null;
  return { name: row.name, definition: row.text, revision: revisionText(history, row.revision), cursor };
}

/** Each stored name has one change row, for its last change; each removal has a removal row. */
function writeChange(rows: RowWriter, keys: Keys, { name, definition }: DefinitionChange, revision: number): void {
  const previous = rows.get<DefinitionRow>(keys.definition(name));
  if (previous !== undefined) rows.remove(keys.change(previous.revision));
  if (definition === null) {
    rows.remove(keys.definition(name));
    rows.remove(keys.cursor(name));
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
  const old = rows.range<ChangeRow>(oldest, MOST_DROPPED_AT_ONCE);
  for (const { revision } of old) rows.remove(keys.removal(revision));
  return { ...history, forgottenTo: old.at(-1)?.revision ?? history.forgottenTo };
}
