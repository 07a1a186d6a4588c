/** The parts of a complete reading, for stores that cannot read a part alone. */

import { compareNames } from "../base/name-order.js";
import type { EntryPage, PageRequest, ScheduleReading, StoredEntry } from "../contract/store.js";

/**
 * The page of a complete reading that `listEntries` answers, for a store whose backend keeps no names in order. It costs
 * as much as the reading. @throws StoreError as the reading does
 */
export async function pageOf(
  { batches }: Pick<ScheduleReading, "batches">,
  { prefix = "", after, limit }: PageRequest,
): Promise<EntryPage> {
  const found: StoredEntry[] = [];
  const isIn = ({ name }: StoredEntry): boolean =>
    name.startsWith(prefix) && (after === undefined || compareNames(name, after) > 0);
  for await (const batch of batches) found.push(...batch.filter(isIn));
  return cutPage(found, limit);
}

/** The first `limit` of these entries in the order of their names, as a page. `found` holds all that follow, too. */
export function cutPage(found: readonly StoredEntry[], limit: number): EntryPage {
  const entries = [...found].sort((one, other) => compareNames(one.name, other.name)).slice(0, limit);
  return { entries, next: found.length > limit ? entries.at(-1)!.name : null };
}
