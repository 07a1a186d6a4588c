import type { RedisOptions } from "ioredis";

/** How long a closed client may keep the socket of a server that does not answer. */
const DISCONNECT_TIMEOUT_MS = 500;
const MAX_CONNECT_TIMEOUT_MS = 2000;

/** With all of these nothing waits in a queue of the client's and is sent when nobody wants it any more. */
export function failFastOptions(timeoutMs: number): RedisOptions & { readonly replyMapping: "legacy" } {
  return {
    // Replies in one shape, whichever protocol the server speaks.
    replyMapping: "legacy",
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // What leaves a server that hangs, when callers give up before the deadline.
    socketTimeout: 2 * timeoutMs,
    connectTimeout: Math.min(timeoutMs, MAX_CONNECT_TIMEOUT_MS),
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: retryDelayMs,
    sentinelCommandTimeout: timeoutMs,
    // Must not end: without a delay ioredis gives up for ever once all sentinels were away.
    sentinelRetryStrategy: retryDelayMs,
    // A master that has become a replica: the next connection finds the new one.
    reconnectOnError: (error) => error.message.includes("READONLY"),
  };
}

function retryDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** attempt, 1000);
}
