import type { StoredEntry } from "@beatx/core/adapter";
import { entryOf, type ChangeRow, type DefinitionRow } from "./definitions.js";
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
    const batch = read((rows) =>
      rows
        .range<DefinitionRow>({ start, end: keys.definitions.end }, BATCH_SIZE)
        .map((row) => entryOf(rows, keys, history, row)),
    );
    if (batch.length > 0) yield batch;
    if (batch.length < BATCH_SIZE) return;
    start = keyAfter(keys.definition(batch.at(-1)!.name));
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
  for (const keyOf of [keys.change, keys.removal]) {
    let next = after + 1;
    while (next <= history.last) {
      const range = { start: keyOf(next), end: keyOf(history.last + 1) };
      const [changes, batch] = read((rows) => {
        const found = rows.range<ChangeRow>(range, BATCH_SIZE);
        return [found, found.flatMap((change) => entryOfChange(rows, keys, history, change))] as const;
      });
      const fresh = batch.filter(({ name }) => !reported.has(name) && reported.add(name));
      if (fresh.length > 0) yield fresh;
      if (changes.length < BATCH_SIZE) break;
      next = changes.at(-1)!.revision + 1;
      await otherWork();
    }
  }
}

function otherWork(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Empty for a change with a later change of the same name: that one is reported instead. */
function entryOfChange(rows: RowReader, keys: Keys, history: History, { name, revision }: ChangeRow): StoredEntry[] {
  const row = rows.get<DefinitionRow>(keys.definition(name));
  if (row === undefined) return [{ name, definition: null, revision: revisionText(history, revision), cursor: null }];
  return row.revision === revision ? [entryOf(rows, keys, history, row)] : [];
}
