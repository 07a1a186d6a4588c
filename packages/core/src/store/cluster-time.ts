import type { Clock } from "../base/clock.js";
import { checkTime } from "./checked-answers.js";
import type { StoreWithDeadlines } from "./store-with-deadlines.js";

/**
 * Cluster time decides what is due (R4). It is the store's last answer plus the monotonic time since that arrived, so
 * it is never ahead of the store and does not move with this machine's wall clock. If the store has no clock, it is the
 * wall clock.
 */
export class ClusterTime {
  readonly #store: StoreWithDeadlines;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  #base: { readonly storeMs: number; readonly monotonicMs: number } | null = null;

  /** `sync` asks the store again if its last answer is older than `maxAgeMs`. */
  constructor(store: StoreWithDeadlines, clock: Clock, maxAgeMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Epoch ms. */
  now(): number {
    const base = this.#base;
    return base ? base.storeMs + (this.#clock.monotonicMs() - base.monotonicMs) : this.#clock.now();
  }

  /** Asks the store for its time if the last answer is too old. @throws StoreError */
  async sync(): Promise<void> {
    if (this.#base && this.#clock.monotonicMs() - this.#base.monotonicMs < this.#maxAgeMs) return;
    const storeMs = await this.#store.getTime();
    if (storeMs === undefined) return;
    this.#base = { storeMs: checkTime(this.#store.name, storeMs), monotonicMs: this.#clock.monotonicMs() };
  }
}
