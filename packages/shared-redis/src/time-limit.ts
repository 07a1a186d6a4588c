import { PublishError, untilAborted, withDeadline } from "@beatx/core/adapter";

export interface TimeLimit {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** Called when the deadline is over before the work is done; answers what was waited for in vain. */
  onTimeout(): string;
}

/** Throws when the time is over, or the work has ended otherwise. */
export type MayGoOn = () => void;

/**
 * Runs `work` until it is done, the signal is aborted or the deadline is over. The work is not stopped: it calls
 * `mayGoOn` before each further thing that it sends.
 * @throws PublishError when the time was over first.
 */
export async function runInTime<T>(work: (mayGoOn: MayGoOn) => Promise<T>, limit: TimeLimit): Promise<T> {
  const { signal, timeoutMs } = limit;
  let over = false;
  const mayGoOn: MayGoOn = () => {
    if (over || signal?.aborted) throw new PublishError("not sent: the time for it was over");
  };
  mayGoOn();
  try {
    return await withDeadline(
      untilAborted(work(mayGoOn), signal),
      timeoutMs,
      () => new PublishError(limit.onTimeout()),
    );
  } finally {
    over = true;
  }
}
