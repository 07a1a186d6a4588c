import type { Clock } from "../base/clock.js";
import { LockLostError } from "../base/errors.js";
import { Slices } from "../base/slices.js";
import type { ChangeResult, CursorMove, DefinitionChange, Lease } from "../contract/store.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { MergeChange, MergeStep } from "../timetable/reconcile.js";
import type { Timetable } from "../timetable/timetable.js";

/** A batch has at most this many items, and about this many characters: it is written within the deadline of one command. */
const BATCH_ITEMS = 200;
const BATCH_CHARACTERS = 1_000_000;

/** A definition and a cursor that the store has lost; `null`: it has this one, or there is none. */
export interface LostRecord {
  readonly change: DefinitionChange | null;
  readonly move: CursorMove | null;
}

/** The result of `write`. */
export interface WriteReport {
  /** `false`: some definitions had changed in the store meanwhile, and were not written. */
  readonly isClean: boolean;
  /** Number of changes. */
  readonly changes: number;
}

/** Called again and again, with the number of steps done so far. If it throws, the work ends. */
export type OnProgress = (done: number) => void;

/** Under what a writer writes: a term, or nothing for a node that does not lead, or a client. */
export interface WriteTerm {
  readonly lease: Lease | undefined;
  /** Aborted when nothing may be written any more. */
  readonly ended: AbortSignal;
  noteProgress(): void;
}

/** Definitions are written by compare-and-set, and need no lease. */
export const WITHOUT_LEASE: WriteTerm = {
  lease: undefined,
  ended: new AbortController().signal,
  noteProgress: () => undefined,
};

/**
 * Writes definitions and cursors under the lease of one term, batch by batch: a term that ends keeps what it has written.
 * Each batch, and each slice of the steps between two of them, counts as progress of the term (R9).
 */
export class ScheduleWriter {
  readonly #term: WriteTerm;
  readonly #store: StoreWithDeadlines;
  readonly #timetable: Timetable;
  readonly #clock: Clock;

  constructor(term: WriteTerm, store: StoreWithDeadlines, timetable: Timetable, clock: Clock) {
    this.#term = term;
    this.#store = store;
    this.#timetable = timetable;
    this.#clock = clock;
  }

  /**
   * Writes definitions and adopts the new revisions in memory. `steps` is read only as far as it is written; a step `null`
   * writes nothing. @throws LockLostError, StoreError
   */
  async write(steps: Iterable<MergeStep>, onProgress?: OnProgress): Promise<WriteReport> {
    let isClean = true;
    let changes = 0;
    for await (const batch of this.#inBatches(steps, ({ definition }) => definition?.length ?? 0, onProgress)) {
      const results = await this.#store.setSchedule(batch.map(withoutOwn), this.#term.lease);
      batch.forEach((change, index) => this.#adopt(change, results[index]!));
      isClean &&= results.every(({ status }) => status === "done");
      changes += batch.length;
    }
    return { isClean, changes };
  }

  /**
   * Writes lost records back where the store has none. The cursors of a batch follow its definitions at once, so a term that
   * ends in between leaves few definitions without their cursors. @throws LockLostError, StoreError
   */
  async restore(records: Iterable<LostRecord | null>, onProgress?: OnProgress): Promise<void> {
    const sizeOf = ({ change, move }: LostRecord): number => (change?.definition?.length ?? 0) + (move?.to.length ?? 0);
    for await (const batch of this.#inBatches(records, sizeOf, onProgress)) {
      await this.write(batch.map(({ change }) => change));
      const moves = batch.flatMap(({ move }) => move ?? []);
      if (moves.length > 0) await this.#store.advance(this.#term.lease!, moves);
    }
  }

  #adopt({ name, definition, own }: MergeChange, result: ChangeResult): void {
    if (result.status === "conflict") return;
    const cursor = this.#timetable.cursorText(name);
    this.#timetable.apply({ name, definition, revision: result.revision, cursor }, false, own);
  }

  async *#inBatches<T>(
    steps: Iterable<T | null>,
    sizeOf: (item: T) => number,
    onProgress: OnProgress = () => undefined,
  ): AsyncGenerator<readonly T[]> {
    const slices = new Slices(this.#clock);
    let [batch, size, done]: [T[], number, number] = [[], 0, 0];
    for (const step of steps) {
      done++;
      if (step !== null) {
        batch.push(step);
        size += sizeOf(step);
      }
      const isFull = batch.length >= BATCH_ITEMS || size >= BATCH_CHARACTERS;
      if (isFull) {
        yield batch;
        [batch, size] = [[], 0];
      }
      if (!isFull && !slices.isOver) continue;
      if (slices.isOver) await slices.next();
      this.#refuseEnded();
      this.#term.noteProgress();
      onProgress(done);
    }
    if (batch.length > 0) yield batch;
    this.#term.noteProgress();
  }

  #refuseEnded(): void {
    if (this.#term.ended.aborted) throw new LockLostError();
  }
}

function withoutOwn({ name, definition, expectedRevision }: MergeChange): DefinitionChange {
  return { name, definition, expectedRevision };
}
