import { createSilence, PublishError, untilAborted, withDeadline } from "@beatx/core/adapter";
import type { AmqpSession } from "./session.js";

/** What a call waits for: a connection while there is no session, the broker's answer after that. */
export interface Awaited {
  readonly session: AmqpSession | undefined;
  /** Completes "did not": "confirm 3 messages". */
  readonly answer: string;
}

/** Waits for the broker, in its own words when it does not answer. */
export interface Waiting {
  /**
   * Waits for `work` until the deadline passes or the signal is aborted. `awaited` is asked then. Rejects with a
   * `PublishError` that names the broker, what it did not do, since when and why.
   */
  run<T>(work: Promise<T>, signal: AbortSignal, awaited: () => Awaited): Promise<T>;
}

/** @param label the broker's address, for messages. */
export function createWaiting({ label, timeoutMs }: { readonly label: string; readonly timeoutMs: number }): Waiting {
  const silence = createSilence();
  return {
    async run(work, signal, awaited) {
      const howLong = silence.begin();
      const explain = (deadlineMs?: number): PublishError =>
        new PublishError(explainWait(`the Celery broker at ${label}`, awaited(), howLong(deadlineMs)));
      const limited = untilAborted(work, signal, () => explain());
      const answer = await withDeadline(limited, timeoutMs, () => explain(timeoutMs));
      silence.end();
      return answer;
    },
  };
}

function explainWait(place: string, { session, answer }: Awaited, howLong: string): string {
  if (!session) return `no connection to ${place} ${howLong}; check that it is running and that the address is right`;
  const silent = `${place} did not ${answer} ${howLong}`;
  if (!session.blocked) return `${silent}; check that it is running and not overloaded`;
  const { reason, since } = session.blocked;
  const blocked = `it has taken no messages since ${new Date(since).toISOString()}: ${reason}`;
  return `${silent} (${blocked}); free memory or disk space there, or raise the broker's limit`;
}
