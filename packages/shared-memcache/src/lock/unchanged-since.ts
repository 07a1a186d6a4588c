import type { Clock } from "@beatx/core";

/**
 * How long this node has seen the lock's record unchanged, by its own monotonic clock. The lease depends on no other time:
 * a paused server gets both its clock and the lifetimes of its items wrong.
 */
export class UnchangedSince {
  readonly #clock: Clock;
  #text: string | null = null;
  #sinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Call it with every text that was received, or whose write was confirmed; `null`: no record. */
  see(text: string | null): void {
    if (text === this.#text) return;
    this.#text = text;
    this.#sinceMs = this.#clock.monotonicMs();
  }

  /** How long the last text has been seen unchanged, in ms. */
  get elapsedMs(): number {
    return this.#clock.monotonicMs() - this.#sinceMs;
  }
}
