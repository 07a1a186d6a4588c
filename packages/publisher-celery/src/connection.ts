import { BeatxError, PublishError, untilAborted, withDeadline } from "@beatx/core/adapter";
import { Redis } from "ioredis";
import type { RedisOptions } from "ioredis";

/** A connection on which every command has a deadline, and none is sent after it. */
export interface Connection {
  /** Of the broker, without password. */
  readonly label: string;
  readonly database: number;
  /**
   * Runs `command` once the connection is ready, unless the deadline is over or the signal was aborted by then. One that
   * sends more than once calls `mayGoOn` before each further time, which throws when it may not.
   * @throws PublishError: not sent, or unknown whether it was carried out.
   */
  run<T>(command: Command<T>, signal?: AbortSignal): Promise<T>;
  /** Ends the connection if it is our own. Repeatable; later commands reject. */
  close(): Promise<void>;
}

export type Command<T> = (redis: Redis, mayGoOn: () => void) => Promise<T>;

export interface ConnectionSettings {
  readonly label: string;
  readonly database: number;
  /** Deadline of one command, the wait for the connection included, in ms. */
  readonly timeoutMs: number;
}

/** A connection of our own; it is opened by the first command and opened again after each loss. */
export function openConnection(redisOptions: RedisOptions, settings: ConnectionSettings): Connection {
  const redis = new Redis({ ...failFast(settings.timeoutMs), ...redisOptions, replyMapping: "legacy" });
  return connectionOf(redis, settings, true);
}

/** Uses a client that somebody else opened and will close. */
export function borrowConnection(client: Redis, settings: ConnectionSettings): Connection {
  return connectionOf(client, settings, false);
}

/** With all of these nothing waits in a queue of the client's and is sent when nobody wants it any more. */
function failFast(timeoutMs: number): RedisOptions {
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: timeoutMs,
    // What leaves a server that hangs.
    socketTimeout: 2 * timeoutMs,
    connectTimeout: Math.min(timeoutMs, 2000),
    disconnectTimeout: 500,
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

function connectionOf(redis: Redis, settings: ConnectionSettings, own: boolean): Connection {
  const { label, database, timeoutMs } = settings;
  const gate = own ? guardDatabase(redis, database) : { open: () => waitUntilReady(redis), explain: () => "" };
  let closed = false;

  async function run<T>(command: Command<T>, signal?: AbortSignal): Promise<T> {
    if (closed) throw new BeatxError("CLOSED", "this Celery publisher was closed: create another one");
    let tooLate = false;
    const mayGoOn = (): void => {
      if (tooLate || signal?.aborted) throw new PublishError("not sent: the time for it was over");
    };
    const work = async (): Promise<T> => {
      await gate.open();
      mayGoOn();
      return command(redis, mayGoOn);
    };
    const onTimeout = (): PublishError => {
      tooLate = true;
      return new PublishError(`the Celery broker at ${label} did not answer within ${timeoutMs} ms${gate.explain()}`);
    };
    try {
      return await withDeadline(untilAborted(work(), signal), timeoutMs, onTimeout);
    } catch (error) {
      if (BeatxError.isInstance(error)) throw error;
      // Not as the cause: ioredis hangs the command on its errors, and with it passwords and whole batches.
      throw new PublishError(describe(error, label, gate.explain()));
    }
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    if (own) await endConnection(redis, timeoutMs);
  }

  return { label, database, run, close };
}

/** Lets the server answer what it has been asked, if it does so soon. */
async function endConnection(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === "ready") {
    const politely = redis.quit().catch(() => undefined);
    await withDeadline(politely, Math.min(timeoutMs, 1000), () => new Error("no answer")).catch(() => undefined);
  }
  redis.disconnect();
}

/** Opens only when the connection is in the right database: ioredis goes on in database 0 when it cannot select another. */
function guardDatabase(redis: Redis, database: number): { open(): Promise<void>; explain(): string } {
  let selected = false;
  let lastError: string | undefined;
  redis.on("error", (error: NodeJS.ErrnoException) => (lastError = error.message || error.code));
  redis.on("ready", () => (lastError = undefined));
  redis.on("close", () => (selected = false));
  return {
    async open() {
      await waitUntilReady(redis);
      if (selected) return;
      await redis.select(database);
      selected = true;
    },
    explain: () => (lastError === undefined ? "" : ` (${lastError})`),
  };
}

/** Waits for a connection in the making, not for one that failed: the caller's next attempt finds it repaired. */
async function waitUntilReady(redis: Redis): Promise<void> {
  if (redis.status === "ready") return;
  if (redis.status === "wait") return redis.connect();
  if (redis.status !== "connecting" && redis.status !== "connect") throw new Error("there is no connection");
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      redis.off("ready", settle);
      redis.off("close", settle);
      if (redis.status === "ready") resolve();
      else reject(new Error("there is no connection"));
    };
    redis.on("ready", settle);
    redis.on("close", settle);
  });
}

function describe(error: unknown, label: string, explanation: string): string {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && error.name === "ReplyError") {
    return `the Celery broker at ${label} refused a command: ${text}`;
  }
  const advice = "check that it is running and that the address and the credentials are right";
  return `the Celery broker at ${label} could not be asked: ${text}${explanation}; ${advice}`;
}
