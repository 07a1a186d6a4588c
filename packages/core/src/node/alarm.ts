import { type Clock, sleep } from "../base/clock.js";

/** A sleep that `ring` ends. A ring before the sleep ends the next one at once. */
export class Alarm {
  readonly #clock: Clock;
  #controller = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#controller.abort();
  }

  async sleep(ms: number): Promise<void> {
    await sleep(this.#clock, ms, this.#controller.signal);
    if (this.#controller.signal.aborted) this.#controller = new AbortController();
  }
}
