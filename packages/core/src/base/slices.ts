import type { Clock } from "./clock.js";

/** The longest time that a slice keeps timers and answers waiting, in ms, beyond the step that ends it. */
const SLICE_MS = 5;

/**
 * Divides long work into slices. The event loop turns between two of them, so renewals of the lease and answers of servers
 * do not wait for the end of the work (R39).
 */
export class Slices {
  readonly #clock: Clock;
  #startedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.monotonicMs();
  }

  /** The present slice has lasted its time: await `next` before the next step. */
  get isOver(): boolean {
    return this.#clock.monotonicMs() - this.#startedAt >= SLICE_MS;
  }

  /** Lets the event loop turn, and begins the next slice. */
  async next(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#startedAt = this.#clock.monotonicMs();
  }
}
