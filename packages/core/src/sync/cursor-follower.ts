import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";
import { readStored } from "./read-stored.js";

/** Entries of one command. */
const BATCH = 500;

/**
 * Keeps the cursors in memory of a standby in step with those that the leader moves (R29). An entry that is due by memory is
 * one that the leader has sent, or will: only the cursors of these are read.
 */
export class CursorFollower {
  readonly #store: StoreWithDeadlines;
  readonly #timetable: Timetable;
  /** Entries that are due and that the leader had not moved when they were last read. They are not in the queue. */
  readonly #held = new Set<LiveEntry>();

  constructor(store: StoreWithDeadlines, timetable: Timetable) {
    this.#store = store;
    this.#timetable = timetable;
  }

  /** `now`: cluster time, epoch ms. `isOver`: asked between two commands; `true` ends the work. @throws StoreError */
  async follow(now: number, isOver: () => boolean): Promise<void> {
    let rest = this.#held.size;
    while (!isOver()) {
      const due = this.#timetable.queue.take(now, BATCH);
      if (due.length > 0) await this.#read(due);
      else if (rest <= 0) return;
      // Those that were late. If the leader has caught up with none of a batch, the next look asks for the others.
      else rest = (await this.#read(this.#longestHeld())) > 0 ? rest - BATCH : 0;
    }
  }

  /** A term begins: everything that is due has to be sent. */
  release(): void {
    for (const entry of this.#held) this.#timetable.putBack(entry);
    this.#held.clear();
  }

  #longestHeld(): LiveEntry[] {
    const entries: LiveEntry[] = [];
    for (const entry of this.#held) if (entries.push(entry) === BATCH) break;
    return entries;
  }

  /** Returns the number of cursors that have moved. */
  async #read(entries: readonly LiveEntry[]): Promise<number> {
    // Until the answer has come they wait outside the queue, behind those that were asked for before.
    for (const entry of entries) this.#held.delete(entry);
    for (const entry of entries) this.#held.add(entry);
    const stored = await readStored(this.#store, entries);
    let moved = 0;
    for (const entry of entries) {
      const found = stored.get(entry.name);
      const isGone = this.#timetable.entries.get(entry.name) !== entry;
      // A definition that was changed or removed is read by the follower of the schedule.
      const isSame = found?.revision !== entry.revision || found.cursor === entry.cursorText;
      if (isGone) this.#held.delete(entry);
      if (isGone || isSame || found === undefined) continue;
      this.#held.delete(entry);
      this.#timetable.apply(found, true);
      moved += 1;
    }
    return moved;
  }
}
