import type { Clock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import type { Store } from "../contract/store.js";

/** Time until the next attempt after a watch failed. */
const RETRY_MS = 5_000;
/** When a node stops, it does not wait longer than this for the store. */
const END_MS = 2_000;

/** Watches the store for hints. Nothing depends on them: the node polls all the same (R36). */
export class StoreWatch {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #onHint: () => void;
  #watch: Promise<(() => Promise<void>) | undefined> | null = null;
  #retryAt = 0;

  constructor(store: Store, clock: Clock, onHint: () => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onHint = onHint;
  }

  /**
   * Starts a watch without waiting for it, unless there is one, the store has none, or the last attempt failed just
   * now.
   */
  ensure(): void {
    if (!this.#store.watch || this.#watch || this.#clock.monotonicMs() < this.#retryAt) return;
    // The error is not reported: the node asks the same store for the lease at the same time, and reports that error.
    this.#watch = this.#store.watch(this.#onHint).then(
      (unwatch) => {
        // Changes before the watch was in place gave no hint.
        this.#onHint();
        return unwatch;
      },
      () => {
        this.#retryAt = this.#clock.monotonicMs() + RETRY_MS;
        this.#watch = null;
        return undefined;
      },
    );
  }

  /** Ends the watch. Never rejects. */
  async end(): Promise<void> {
    const ending = Promise.resolve(this.#watch).then((unwatch) => unwatch?.());
    await withDeadline(this.#clock, ending, END_MS, () => new Error("no answer")).catch(() => undefined);
  }
}
