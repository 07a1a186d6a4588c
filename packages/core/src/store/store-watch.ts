import type { Clock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import type { Store } from "../contract/store.js";

/** A store that could not be watched is asked again after so long. */
const RETRY_MS = 5_000;
/** A store that does not answer keeps no node from stopping. */
const END_MS = 2_000;

/** Keeps a watch on the store, for hints. Without one the node polls: nothing depends on it (R36). */
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

  /** Begins to watch if that is possible, and it is not under way or failed just now. Does not wait for it. */
  ensure(): void {
    if (!this.#store.watch || this.#watch || this.#clock.monotonicMs() < this.#retryAt) return;
    // An error is not reported: the same store is asked for the lease at the same time, and that error is.
    this.#watch = this.#store.watch(this.#onHint).then(
      (unwatch) => {
        // What happened before the watch was in place gave no hint.
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

  async end(): Promise<void> {
    const ending = Promise.resolve(this.#watch).then((unwatch) => unwatch?.());
    await withDeadline(this.#clock, ending, END_MS, () => new Error("no answer")).catch(() => undefined);
  }
}
