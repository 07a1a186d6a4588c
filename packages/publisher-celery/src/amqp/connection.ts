import { BeatxError, withDeadline } from "@beatx/core/adapter";
import type { Clock, Timer } from "@beatx/core";
import { openSession } from "./session.js";
import type { AmqpSession } from "./session.js";
import type { AmqpTarget } from "./settings.js";

/** A connection to the broker that is opened by its first use, and opened again in the background after each loss. */
export interface AmqpConnection {
  /**
   * The open connection. Waits for one in the making, not for one that failed: then it rejects at once with the reason,
   * and the caller's next attempt finds it repaired.
   */
  session(): Promise<AmqpSession>;
  /** Ends it, politely if the broker answers soon. Repeatable; later calls of `session` reject. */
  close(): Promise<void>;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
const GOODBYE_MS = 1000;

export function openAmqpConnection(target: AmqpTarget, clock: Clock): AmqpConnection {
  let closed = false;
  let breaker: AbortController | undefined;
  let current: Promise<AmqpSession> | undefined;
  let retry: Timer | undefined;
  let failures = 0;

  function connect(): Promise<AmqpSession> {
    const { host, port } = target.hosts[failures % target.hosts.length]!;
    breaker = new AbortController();
    const attempt = openSession(target, { host, port, breaker });
    current = attempt;
    attempt.then((session) => {
      failures = 0;
      void session.ended.then(retryLater);
    }, retryLater);
    return attempt;
  }

  function retryLater(reason: Error): void {
    if (closed) return;
    current = Promise.reject(reason);
    current.catch(() => undefined);
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
    failures += 1;
    // Nodes that lost the same broker do not all come back at once.
    retry = clock.setTimer(() => void connect(), delayMs * (0.5 + Math.random() / 2));
  }

  function session(): Promise<AmqpSession> {
    if (closed) return Promise.reject(new BeatxError("CLOSED", "this Celery publisher was closed: create another one"));
    return current ?? connect();
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    retry?.cancel();
    const goodbye = (current ?? Promise.resolve(undefined)).then((session) => session?.end());
    await withDeadline(goodbye, GOODBYE_MS, () => new Error("no answer")).catch(() => undefined);
    breaker?.abort();
  }

  return { session, close };
}
