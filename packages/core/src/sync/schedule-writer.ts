import type { CursorMove, DefinitionChange } from "../contract/store.js";
import type { Term } from "../lease/term.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { Timetable } from "../timetable/timetable.js";

/** The size of a batch: small enough to be written within the deadline of one command. */
const BATCH = 200;

/** Writes definitions and cursors under the lease of one term. Each batch counts as progress of the term (R9). */
export class ScheduleWriter {
  readonly #term: Term;
  readonly #store: StoreWithDeadlines;
  readonly #timetable: Timetable;

  constructor(term: Term, store: StoreWithDeadlines, timetable: Timetable) {
    this.#term = term;
    this.#store = store;
    this.#timetable = timetable;
  }

  /**
   * Writes definitions and adopts the new revisions in memory. `false`: some had changed in the store meanwhile.
   * @throws LockLostError, StoreError
   */
  async write(changes: readonly DefinitionChange[]): Promise<boolean> {
    let isClean = true;
    for (const batch of inBatches(changes)) {
      const results = await this.#store.setSchedule(batch, this.#term.lease);
      this.#term.noteProgress();
      results.forEach((result, index) => {
        const { name, definition } = batch[index]!;
        const cursor = this.#timetable.cursorText(name);
        if (result.status === "conflict") isClean = false;
        else this.#timetable.apply({ name, definition, revision: result.revision, cursor }, false);
      });
    }
    return isClean;
  }

  /** Writes cursors back where the store has none. @throws LockLostError, StoreError */
  async restoreCursors(moves: readonly CursorMove[]): Promise<void> {
    for (const batch of inBatches(moves)) {
      await this.#store.advance(this.#term.lease, batch);
      this.#term.noteProgress();
    }
  }
}

function* inBatches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += BATCH) yield items.slice(start, start + BATCH);
}
