const TICK_MS = 2;

/** Measures the longest time for which this process's event loop did not turn, by how late a timer is. */
export class LongestBlock {
  #last = performance.now();
  #longest = 0;
  readonly #timer = setInterval(() => this.#note(), TICK_MS);

  /** Ends the measurement. In ms. */
  stop(): number {
    this.#note();
    clearInterval(this.#timer);
    return this.#longest;
  }

  #note(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last - TICK_MS);
    this.#last = now;
  }
}
