import {
  compareNames,
  cutPage,
  isListed,
  type EntryPage,
  type PageRequest,
  type StoredEntry,
} from "@beatx/core/adapter";
import { entryAt } from "./definitions.js";
import type { History } from "./history.js";
import { keyAfter, type KeyRange, type Keys, nameIn } from "./keys.js";
import type { RowReader } from "./rows.js";

/** A page with more entries is shorter than its limit: the event loop stands still while one is read. */
const MOST_ENTRIES = 1000;

/** Reads entries by the keys of their definitions. */
type ReadKeys = (keys: readonly Buffer[]) => StoredEntry[];

/**
 * Keys stand in the order of the names, so a page is one range of them. Names that are too long for a key stand behind
 * them, in no order: all of those are looked at. They are rare.
 */
export function readPage(rows: RowReader, keys: Keys, history: History, request: PageRequest): EntryPage {
  const { prefix = "", after, limit } = request;
  const size = Math.min(limit, MOST_ENTRIES);
  const isIn = ({ name }: StoredEntry): boolean => isListed(name, request);
  const read: ReadKeys = (some) => some.flatMap((key) => entryAt(rows, keys, history, key) ?? []).filter(isIn);
  const { entries, last } = readRange(rows, keys.shortNames(prefix, after), size, read);
  const long = read(rows.keys(keys.longNames, Number.MAX_SAFE_INTEGER));
  if (last === null) return cutPage([...entries, ...long], size);
  const page = cutPage([...entries, ...long.filter(({ name }) => compareNames(name, last) < 0)], size);
  return { ...page, next: page.next ?? last };
}

/** `last`: after this name the range has more; `null`: it has not. A damaged key has no name. */
function readRange(
  rows: RowReader,
  { start, end }: KeyRange,
  size: number,
  read: ReadKeys,
): { readonly entries: StoredEntry[]; readonly last: string | null } {
  const entries: StoredEntry[] = [];
  for (;;) {
    const found = rows.keys({ start, end }, size + 1);
    const page = found.slice(0, size);
    entries.push(...read(page));
    if (found.length <= size) return { entries, last: null };
    const last = page.map(nameIn).findLast((name) => name !== undefined);
    if (last !== undefined) return { entries, last };
    start = keyAfter(page.at(-1)!);
  }
}
