import type { StoredEntry } from "@beatx/core/adapter";
import { MAX_REVISION_DIGITS } from "./lua-values.js";

/** Entries as the scripts answer them. */
export type EntryColumns = readonly [
  names: readonly string[],
  definitions: readonly (string | null)[],
  cursors: readonly (string | null)[],
];

/** `revision`: of entries that do not exist. */
export function entriesOf([names, definitions, cursors]: EntryColumns, revision = ""): StoredEntry[] {
  return names.map((name, index) => {
    const text = definitions[index] ?? null;
    if (text === null) return { name, definition: null, revision, cursor: null };
    return storedEntry(name, text, cursors[index] ?? null);
  });
}

const STORED = new RegExp(`^(\\d{1,${MAX_REVISION_DIGITS}})\\n`);

/** A field of the definitions: revision, line feed, text. One that beatx did not write has no revision. */
export function storedEntry(name: string, text: string, cursor: string | null): StoredEntry {
  const [start, revision] = STORED.exec(text) ?? ["", ""];
  return { name, definition: text.slice(start.length), revision, cursor };
}
