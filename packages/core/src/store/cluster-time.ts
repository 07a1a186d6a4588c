import type { Clock } from "../base/clock.js";
import type { StoreWithDeadlines } from "./store-with-deadlines.js";

/**
 * The time that decides what is due (R4): the store's, carried forward by this node's monotonic clock since the answer
 * arrived, so that it is never ahead of the store and does not move with this machine's wall clock. Where the store has
 * no clock it is the wall clock.
 */
export class ClusterTime {
  readonly #store: StoreWithDeadlines;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  #base: { readonly storeMs: number; readonly monotonicMs: number } | null = null;

  /** The store is asked again when its last answer is older than `maxAgeMs`. */
  constructor(store: StoreWithDeadlines, clock: Clock, maxAgeMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  now(): number {
    const base = this.#base;
    return base ? base.storeMs + (this.#clock.monotonicMs() - base.monotonicMs) : this.#clock.now();
  }

  /** Asks the store for its time, where the last answer is too old. @throws StoreError */
  async sync(): Promise<void> {
    if (this.#base && this.#clock.monotonicMs() - this.#base.monotonicMs < this.#maxAgeMs) return;
    const storeMs = await this.#store.getTime();
    if (storeMs !== undefined) this.#base = { storeMs, monotonicMs: this.#clock.monotonicMs() };
  }
}
