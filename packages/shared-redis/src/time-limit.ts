import type { PublishError, StoreError } from "@beatx/core/adapter";
import { untilAborted, withDeadline } from "@beatx/core/adapter";

export interface TimeLimit {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** Called when the deadline passes before the work is done. Returns the error to reject with. */
  onTimeout(): Error;
  /** Called when the signal is aborted before the work is done. Returns the error to reject with. */
  onAbort(): Error;
  /** Of the error with which work may not begin or go on. */
  readonly errorClass: typeof PublishError | typeof StoreError;
}

/** Throws after the deadline, and after the work has ended. */
export type MayGoOn = () => void;

/**
 * Runs `work` until it is done, the signal is aborted or the deadline passes. It does not stop the work: work calls
 * `mayGoOn` before each further command it sends.
 */
export async function runInTime<T>(work: (mayGoOn: MayGoOn) => Promise<T>, limit: TimeLimit): Promise<T> {
  const { signal, timeoutMs } = limit;
  let hasEnded = false;
  const mayGoOn: MayGoOn = () => {
    if (hasEnded || signal?.aborted)
      throw new limit.errorClass("not sent: its deadline had passed, or it was called off");
  };
  mayGoOn();
  try {
    const working = work(mayGoOn);
    return await withDeadline(
      untilAborted(working, signal, () => limit.onAbort()),
      timeoutMs,
      () => limit.onTimeout(),
    );
  } finally {
    hasEnded = true;
  }
}
