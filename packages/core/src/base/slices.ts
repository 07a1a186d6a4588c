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

/** Runs the steps to their end in slices, and returns their result. */
export async function inSlices<T>(clock: Clock, steps: Generator<unknown, T>): Promise<T> {
  const slices = new Slices(clock);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (slices.isOver) await slices.next();
  }
}

/** Runs the steps to their end without a pause, and returns their result. */
export function atOnce<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
