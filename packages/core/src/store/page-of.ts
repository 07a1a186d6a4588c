/** The parts of a complete reading, for stores that cannot read a part alone. */

import { compareNames } from "../base/name-order.js";
import type { EntryPage, PageRequest, ScheduleReading, StoredEntry } from "../contract/store.js";

/**
 * The page of a complete reading that `listEntries` answers, for a store whose backend keeps no names in order. It costs
 * as much as the reading. @throws StoreError as the reading does
 */
export async function pageOf({ batches }: Pick<ScheduleReading, "batches">, request: PageRequest): Promise<EntryPage> {
  const found: StoredEntry[] = [];
  for await (const batch of batches) found.push(...batch.filter(({ name }) => isListed(name, request)));
  return cutPage(found, request.limit);
}

/** Whether a page may hold the name: it has the prefix that is asked for, and follows `after`. */
export function isListed(name: string, { prefix = "", after }: Omit<PageRequest, "limit">): boolean {
  return name.startsWith(prefix) && (after === undefined || compareNames(name, after) > 0);
}

/** The first `limit` of these entries in the order of their names, as a page. `found` holds all that follow, too. */
export function cutPage(found: readonly StoredEntry[], limit: number): EntryPage {
  const entries = [...found].sort((one, other) => compareNames(one.name, other.name)).slice(0, limit);
  return { entries, next: found.length > limit ? entries.at(-1)!.name : null };
}
