import type { Clock } from "@beatx/core";

/**
 * For how long this node has seen the lock's record unchanged, by its own monotonic clock: all the time that the lease
 * knows. Neither the server's clock nor its lifetimes of items take part; a server that was paused runs both wrong.
 */
export class UnchangedSince {
  readonly #clock: Clock;
  #text: string | null = null;
  #sinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be told of every text that was received, or whose write was confirmed; `null`: there is none. */
  see(text: string | null): void {
    if (text === this.#text) return;
    this.#text = text;
    this.#sinceMs = this.#clock.monotonicMs();
  }

  /** How long the text that was seen last is known to be there, in ms. */
  get ageMs(): number {
    return this.#clock.monotonicMs() - this.#sinceMs;
  }
}
