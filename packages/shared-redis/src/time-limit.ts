import type { PublishError, StoreError } from "@beatx/core/adapter";
import { untilAborted, withDeadline } from "@beatx/core/adapter";

export interface TimeLimit {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** Called when the deadline passes before the work is done. Returns the error to reject with. */
  onTimeout(): Error;
  /** Of the error with which work may not begin or go on. */
  readonly errorClass: typeof PublishError | typeof StoreError;
}

/** Throws when the time is over, or when the work has ended otherwise. */
export type MayGoOn = () => void;

/**
 * Runs `work` until it is done, the signal is aborted or the deadline passes. It does not stop the work: work calls
 * `mayGoOn` before each further command it sends.
 */
export async function runInTime<T>(work: (mayGoOn: MayGoOn) => Promise<T>, limit: TimeLimit): Promise<T> {
  const { signal, timeoutMs } = limit;
  let over = false;
  const mayGoOn: MayGoOn = () => {
    if (over || signal?.aborted) throw new limit.errorClass("not sent: the time for it was over");
  };
  mayGoOn();
  try {
    return await withDeadline(untilAborted(work(mayGoOn), signal), timeoutMs, () => limit.onTimeout());
  } finally {
    over = true;
  }
}
