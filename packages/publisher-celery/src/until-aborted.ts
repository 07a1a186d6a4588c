import { PublishError } from "@beatx/core/adapter";

/** Settles as `work` does, or rejects as soon as the signal is aborted: who has given up need not wait for a deadline. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void =>
      reject(new PublishError("the send was called off; a command that was under way may still be carried out"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
