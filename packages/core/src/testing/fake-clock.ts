import type { Clock, Timer } from "../base/clock.js";

interface FakeTimer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until `advance`. Timers fire in order, each at its own moment. */
export class FakeClock implements Clock {
  #now: number;
  #monotonicMs = 0;
  #timers = new Set<FakeTimer>();
  #order = 0;

  /** `startAt`: epoch ms, a `Date` or ISO 8601. Default 2030-01-01T00:00:00Z. */
  constructor(startAt: number | string | Date = "2030-01-01T00:00:00Z") {
    this.#now = new Date(startAt).getTime();
  }

  now(): number {
    return this.#now;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const timer = { at: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Number of timers that are set. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets `ms` milliseconds pass. Fires the timers that become due, and runs pending promise callbacks after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonicMs + ms;
    await settlePromises();
    for (let next = this.#earliest(end); next; next = this.#earliest(end)) {
      this.#timers.delete(next);
      this.#pass(next.at - this.#monotonicMs);
      next.callback();
      await settlePromises();
    }
    this.#pass(end - this.#monotonicMs);
    await settlePromises();
  }

  /**
   * Lets time pass until the wall clock shows `moment` (epoch ms, `Date` or ISO 8601). Does nothing if that is past.
   */
  async advanceTo(moment: number | string | Date): Promise<void> {
    await this.advance(Math.max(0, new Date(moment).getTime() - this.#now));
  }

  /**
   * Moves only the wall clock, as NTP or an administrator does. A step forward also plays a machine that was suspended.
   */
  stepWallClock(byMs: number): void {
    this.#now += byMs;
  }

  #pass(ms: number): void {
    this.#monotonicMs += ms;
    this.#now += ms;
  }

  #earliest(end: number): FakeTimer | undefined {
    let found: FakeTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (!found || timer.at < found.at || (timer.at === found.at && timer.order < found.order)) found = timer;
    }
    return found;
  }
}

/** Several turns, because the code under test awaits a few promises between two timers. */
async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}
