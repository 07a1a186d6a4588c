import { onTestFinished } from "vitest";

import { FakeClock } from "../src/testing/fake-clock.js";

/** A clock on which computing takes time: each look at the monotonic clock takes `stepMs`. Timers fire as on its base. */
export class BusyClock extends FakeClock {
  readonly #stepMs: number;
  #busyMs = 0;

  constructor(startAt: number, stepMs: number) {
    super(startAt);
    this.#stepMs = stepMs;
  }

  override now(): number {
    return super.now() + this.#busyMs;
  }

  override monotonicMs(): number {
    this.#busyMs += this.#stepMs;
    return super.monotonicMs() + this.#busyMs;
  }
}

/** Counts the turns of the event loop from now on. */
export function countTurns(): () => number {
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  onTestFinished(() => void (isOver = true));
  return () => turns;
}
