/** Time and timers. The rest of core reads time and sets timers only through a `Clock` (R41). */
export interface Clock {
  /** The wall clock, epoch ms. It decides what is due, and may jump. */
  now(): number;
  /**
   * A clock in ms that never goes back, and stands still while the machine is suspended. It measures how long a lease
   * may be trusted.
   */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`, at most 2^31 - 1 ms. */
  setTimer(callback: () => void, delayMs: number): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Above this delay `setTimeout` fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(callback, delayMs) {
    const handle = setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs` on the clock, or as soon as the signal is aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const wake = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = clock.setTimer(wake, delayMs);
    signal?.addEventListener("abort", wake);
  });
}
