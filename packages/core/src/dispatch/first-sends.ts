import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { readStored } from "../sync/read-stored.js";
import type { DueEntry, LiveEntry } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";

/**
 * After a take-over that has not read all cursors: reads the cursor of an entry before its first message of the term. Made once
 * per term. In one step it is not needed, since the store compares the cursor before it takes the message (R20).
 */
export class FirstSends {
  readonly #store: StoreWithDeadlines;
  readonly #timetable: Timetable;
  readonly #fence: number;

  constructor(store: StoreWithDeadlines, timetable: Timetable, fence: number) {
    this.#store = store;
    this.#timetable = timetable;
    this.#fence = fence;
  }

  /** The entries whose cursor in memory is the stored one. The others are put back with the stored one. @throws StoreError */
  async check(due: readonly DueEntry[]): Promise<readonly DueEntry[]> {
    const unread = due.filter(({ entry }) => entry.readIn !== this.#fence).map(({ entry }) => entry);
    if (unread.length === 0) return due;
    const outdated = await this.#read(unread);
    if (outdated.size === 0) return due;
    for (const entry of outdated) this.#timetable.putBack(entry);
    return due.filter(({ entry }) => !outdated.has(entry));
  }

  async #read(entries: readonly LiveEntry[]): Promise<ReadonlySet<LiveEntry>> {
    const stored = await readStored(this.#store, entries);
    const outdated = new Set<LiveEntry>();
    for (const entry of entries) {
      const found = stored.get(entry.name);
      entry.readIn = this.#fence;
      // What became of the definition is noticed when the cursor moves (R20).
      if (found === undefined || found.cursor === entry.cursorText) continue;
      outdated.add(entry);
      this.#timetable.adoptCursor(entry, found.cursor);
    }
    return outdated;
  }
}
