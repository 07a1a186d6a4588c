import { BeatxError, withDeadline } from "@beatx/core/adapter";
import type { Clock, Timer } from "@beatx/core";
import { openSession } from "./session.js";
import type { AmqpSession } from "./session.js";
import type { AmqpTarget } from "./settings.js";

/** A connection to the broker. Its first use opens it; after a loss it is opened again in the background. */
export interface AmqpConnection {
  /**
   * The open connection. Waits for an attempt under way. After a failed attempt it rejects at once with the reason; the
   * caller's next try may find the connection repaired.
   */
  session(): Promise<AmqpSession>;
  /** Ends it, politely if the broker answers soon. Repeatable; later calls of `session` reject. */
  close(): Promise<void>;
}

const FIRST_DELAY_MS = 100;
/**
 * A message waits for the next attempt to connect, and then for the next probe of core (R26), so this is short. Two attempts
 * a second from each node are no load for a broker that comes back.
 */
const LONGEST_DELAY_MS = 500;
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
    retry = clock.setTimer(() => void connect(), retryDelayMs(failures));
    failures += 1;
  }

  function session(): Promise<AmqpSession> {
    if (closed) return Promise.reject(new BeatxError("CLOSED", "this Celery publisher was closed: create another one"));
    return current ?? connect();
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    retry?.cancel();
    await sayGoodbye(current);
    breaker?.abort();
  }

  return { session, close };
}

/** Random within its upper half: nodes that lost the same broker do not all come back at once. */
function retryDelayMs(failures: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS) * (0.5 + Math.random() / 2);
}

async function sayGoodbye(opening: Promise<AmqpSession> | undefined): Promise<void> {
  const goodbye = Promise.resolve(opening).then((session) => session?.end());
  await withDeadline(goodbye, GOODBYE_MS, () => new Error("no answer")).catch(() => undefined);
}
