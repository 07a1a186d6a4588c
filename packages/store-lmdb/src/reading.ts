import { StoreError, type StoredEntry } from "@beatx/core/adapter";
import { type ChangeRow, entryAt, readChange, readDefinition } from "./definitions.js";
import { revisionText } from "./history.js";
import type { History } from "./history.js";
import { keyAfter, type Keys } from "./keys.js";
import type { RowReader } from "./rows.js";

/** The number of rows read at one moment. Between batches the event loop turns once, so that renewals do not wait. */
const BATCH_SIZE = 500;

/** `read` of the environment, which rejects once the store is closed. */
export type Read = <T>(look: (rows: RowReader) => T) => T;

/** All entries, ordered by name, so that each comes once despite writes meanwhile. */
export async function* readAll(read: Read, keys: Keys, history: History): AsyncGenerator<StoredEntry[]> {
  let { start } = keys.definitions;
  for (;;) {
    const [found, batch] = read((rows) => {
      const found = rows.keys({ start, end: keys.definitions.end }, BATCH_SIZE);
      return [found, found.flatMap((key) => entryAt(rows, keys, history, key) ?? [])] as const;
    });
    if (batch.length > 0) yield batch;
    if (found.length < BATCH_SIZE) return;
    start = keyAfter(found.at(-1)!);
    await otherWork();
  }
}

/**
 * Whether all changes after this number are known, up to the last one of `history`. A damaged row hides which entry
 * changed.
 */
export async function areChangesKnown(read: Read, keys: Keys, history: History, after: number): Promise<boolean> {
  for await (const changes of overChanges(read, keys, history, after, readChange)) {
    if (changes.includes(undefined)) return false;
  }
  return true;
}

/**
 * The changes after this number, up to the last one of `history`. The next reading has later changes.
 *
 * @throws StoreError if a row was damaged since `areChangesKnown`; then the next reading is complete.
 */
export async function* readChanges(
  read: Read,
  keys: Keys,
  history: History,
  after: number,
): AsyncGenerator<StoredEntry[]> {
  const reported = new Set<string>();
  const look = (rows: RowReader, key: Buffer): StoredEntry[] => {
    const change = readChange(rows, key);
    if (change === undefined)
      throw new StoreError("a stored row was damaged while the schedule was read: read it again");
    return entryOfChange(rows, keys, history, change);
  };
  for await (const entries of overChanges(read, keys, history, after, look)) {
    const fresh = entries.flat().filter(({ name }) => !reported.has(name) && reported.add(name));
    if (fresh.length > 0) yield fresh;
  }
}

/** The answers of `look` for the key of each change and each removal after this number, in batches. */
async function* overChanges<T>(
  read: Read,
  keys: Keys,
  history: History,
  after: number,
  look: (rows: RowReader, key: Buffer) => T,
): AsyncGenerator<T[]> {
  for (const keyOf of [keys.change, keys.removal]) {
    const end = keyOf(history.last + 1);
    let start = keyOf(after + 1);
    for (;;) {
      const [found, batch] = read((rows) => {
        const found = rows.keys({ start, end }, BATCH_SIZE);
        return [found, found.map((key) => look(rows, key))] as const;
      });
      yield batch;
      if (found.length < BATCH_SIZE) break;
      start = keyAfter(found.at(-1)!);
      await otherWork();
    }
  }
}

function otherWork(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Empty for a change with a later change of the same name: that one is reported instead. */
function entryOfChange(rows: RowReader, keys: Keys, history: History, { name, revision }: ChangeRow): StoredEntry[] {
  const key = keys.definition(name);
  const row = readDefinition(rows, keys, key);
  if (row === undefined) return [{ name, definition: null, revision: revisionText(history, revision), cursor: null }];
  if (row.revision !== revision) return [];
  return [entryAt(rows, keys, history, key)!];
}
