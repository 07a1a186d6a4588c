import { type Clock, sleep } from "../base/clock.js";

/** A sleep that somebody else can end. A ring while nobody sleeps ends the next sleep at once. */
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
