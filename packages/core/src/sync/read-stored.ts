import type { StoredEntry } from "../contract/store.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { LiveEntry } from "../timetable/live-entry.js";

/** What the store holds of these entries, by name; a name that is missing is not stored. @throws StoreError */
export async function readStored(
  store: StoreWithDeadlines,
  entries: readonly LiveEntry[],
): Promise<ReadonlyMap<string, StoredEntry>> {
  const stored = await store.getEntries(entries.map(({ name }) => name));
  return new Map(stored.map((entry) => [entry.name, entry]));
}
