import type { Clock } from "./clock.js";
import { BeatxError, PublishError } from "./errors.js";

/**
 * Rejects with `onTimeout()` if `work` has not ended after `timeoutMs` on the clock. The work itself is not stopped;
 * its late result is ignored, even if it fails.
 */
export function withDeadline<T>(clock: Clock, work: Promise<T>, timeoutMs: number, onTimeout: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => reject(onTimeout()), timeoutMs);
    const inTime =
      <V>(end: (value: V) => void) =>
      (value: V): void => {
        timer.cancel();
        end(value);
      };
    work.then(inTime(resolve), inTime(reject));
  });
}

/** Extra time to answer after a signal has called the work off, in ms: what was done by then, and what it waits for. */
export const ANSWER_GRACE_MS = 20;

/**
 * Calls `work` off by its signal after `timeoutMs` on the clock, and takes its own error. Rejects with `onTimeout()` if it
 * does not answer even then. When `ended` is aborted, it calls the work off and rejects at once; no timer is left then.
 */
export async function callInTime<T>(
  clock: Clock,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  onTimeout: () => Error,
  ended?: AbortSignal,
): Promise<T> {
  const call = new AbortController();
  const end = (): void => call.abort(ended?.reason);
  ended?.addEventListener("abort", end);
  const timer = clock.setTimer(() => call.abort(onTimeout()), timeoutMs);
  try {
    const answer = untilAborted(work(call.signal), ended);
    return await withDeadline(clock, answer, timeoutMs + ANSWER_GRACE_MS, onTimeout);
  } finally {
    timer.cancel();
    ended?.removeEventListener("abort", end);
  }
}

/**
 * Resolves or rejects with `work`, but rejects at once when the signal is aborted, so a caller that gave up does not wait
 * for the deadline. `onAbort` makes the error: the server that did not answer, and what was awaited from it. Default: words
 * that say only that the send was called off, and why.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined, onAbort?: () => Error): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(onAbort?.() ?? calledOff(signal.reason));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function calledOff(reason: unknown): PublishError {
  const why = BeatxError.isInstance(reason) ? `: ${reason.message}` : "";
  return new PublishError(`the send was called off before it was confirmed${why}`);
}
