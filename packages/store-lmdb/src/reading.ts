import type { StoredEntry } from "@beatx/core/adapter";
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

/** The changes after this number, up to the last one of `history`. The next reading has later changes. */
export async function* readChanges(
  read: Read,
  keys: Keys,
  history: History,
  after: number,
): AsyncGenerator<StoredEntry[]> {
  const reported = new Set<string>();
  let hasUnknown = false;
  for (const keyOf of [keys.change, keys.removal]) {
    const end = keyOf(history.last + 1);
    let start = keyOf(after + 1);
    for (;;) {
      const [found, changes, batch] = read((rows) => {
        const found = rows.keys({ start, end }, BATCH_SIZE);
        const changes = found.map((key) => readChange(rows, key));
        const known = changes.filter((change) => change !== undefined);
        return [found, changes, known.flatMap((change) => entryOfChange(rows, keys, history, change))] as const;
      });
      hasUnknown ||= changes.includes(undefined);
      const fresh = batch.filter(({ name }) => !reported.has(name) && reported.add(name));
      if (fresh.length > 0) yield fresh;
      if (found.length < BATCH_SIZE) break;
      start = keyAfter(found.at(-1)!);
      await otherWork();
    }
  }
  if (hasUnknown) yield* readAll(read, keys, history); // a damaged row hides which entry has changed
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
