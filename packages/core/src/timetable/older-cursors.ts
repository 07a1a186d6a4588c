import { lacksStoredCursor, type LiveEntry } from "./live-entry.js";
import type { Timetable } from "./timetable.js";

/** Finds, while a reading goes on, the entries whose stored cursor is older than the one in memory (R32). */
export class OlderCursors {
  readonly #timetable: Timetable;
  readonly #mayLoseCursors: boolean;
  #entry: LiveEntry | undefined;
  #at: number | undefined;
  #older = 0;
  readonly #lacking: LiveEntry[] = [];

  /** `mayLoseCursors`: a cursor that only memory has was lost alone, and stays. */
  constructor(timetable: Timetable, mayLoseCursors: boolean) {
    this.#timetable = timetable;
    this.#mayLoseCursors = mayLoseCursors;
  }

  /** The stored entry of this name is applied next. */
  before(name: string): void {
    this.#entry = this.#timetable.entries.get(name);
    this.#at = this.#entry?.cursor?.at;
  }

  /** It was applied. */
  after(): void {
    const entry = this.#entry;
    if (entry === undefined || this.#at === undefined || this.#timetable.entries.get(entry.name) !== entry) return;
    if (lacksStoredCursor(entry) && !this.#mayLoseCursors) this.#lacking.push(entry);
    else if (entry.cursor !== null && entry.cursor.at < this.#at) this.#older += 1;
  }

  /** Adopts "no cursor" like any older one. Returns the number of entries that went back. */
  adopt(): number {
    for (const entry of this.#lacking) {
      entry.cursor = null;
      this.#timetable.putBack(entry);
    }
    return this.#older + this.#lacking.length;
  }
}
