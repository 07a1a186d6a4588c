import { compareNames, type EntryPage, type PageRequest } from "@beatx/core/adapter";
import type { StoreConnection } from "./connect.js";
import type { RedisKeys } from "./keys.js";
import { ADD_NAMES, DROP_NAMES, READ_NAMES } from "./page-scripts.js";
import { entriesOf, type EntryColumns } from "./rows.js";

/** A page with more entries is shorter than its limit: the server is held for about two milliseconds. */
const MOST_ENTRIES = 500;

const WHAT = "list entries";

/** A page from the index of the names. One that does not fit the definitions is mended first. @throws StoreError */
export async function readPage(
  connection: StoreConnection,
  keys: RedisKeys,
  { prefix = "", after, limit }: PageRequest,
): Promise<EntryPage> {
  const size = Math.min(limit, MOST_ENTRIES);
  const start = after !== undefined && compareNames(after, prefix) >= 0 ? `(${after}` : `[${prefix}`;
  const read = (skip: number, compares: 0 | 1): Promise<EntryColumns | null> => {
    const readKeys = [keys.definitions, keys.cursors, keys.names];
    return connection.runScript(WHAT, READ_NAMES, readKeys, [start, prefix, size, skip, compares]) as never;
  };
  const columns: [string[], (string | null)[], (string | null)[]] = [[], [], []];
  for (let skip = 0, compares: 0 | 1 = 1; ; compares = 0) {
    const found = await read(skip, compares);
    if (found === null) {
      await mendNames(connection, keys);
      continue;
    }
    columns.forEach((column, index) => (column as (string | null)[]).push(...found[index]!));
    if (found[0].length < size) return { entries: stored(columns), next: null };
    // Those behind the last name that can be asked for come with the next page.
    const last = columns[0].findLastIndex(isWhole);
    if (last >= 0) return { entries: stored(columns, last + 1), next: columns[0][last]! };
    skip += size;
  }
}

function stored(columns: EntryColumns, count?: number): EntryPage["entries"] {
  const [names, ...others] = columns;
  return entriesOf([names.slice(0, count), ...others]).filter(({ definition }) => definition !== null);
}

/** Not a foreign name that was cut, or that is no text in UTF-8. */
function isWhole(name: string): boolean {
  return !name.startsWith("(a name of ") && !name.includes("\ufffd");
}

/**
 * Makes the index of names fit the definitions again, in short steps, while others write. It can be done by several at
 * once. @throws StoreError, as if the server takes no writes
 */
async function mendNames(connection: StoreConnection, { definitions, names }: RedisKeys): Promise<void> {
  let position = "0";
  do {
    position = (await connection.runScript(WHAT, ADD_NAMES, [definitions, names], [position, MOST_ENTRIES])) as string;
  } while (position !== "0");
  for (let last: string | null = "-"; last !== null;) {
    const start = last === "-" ? last : `(${last}`;
    last = (await connection.runScript(WHAT, DROP_NAMES, [definitions, names], [start, MOST_ENTRIES])) as string | null;
  }
}
