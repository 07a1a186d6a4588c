import { BeatxError, PublishError, withDeadline } from "@beatx/core/adapter";
import { Redis } from "ioredis";
import type { Cluster, RedisOptions } from "ioredis";
import { runInTime } from "./time-limit.js";
import type { MayGoOn } from "./time-limit.js";

/** A connection on which every piece of work has a deadline, and nothing is begun after it. */
export interface Connection {
  /** What BullMQ's queues are built on. */
  readonly client: Redis | Cluster;
  /** @throws BeatxError `CLOSED` after `close`. */
  checkOpen(): void;
  /**
   * Runs `work` once the connection is ready, unless the deadline is over or the signal was aborted by then. Work that
   * sends more than once calls `mayGoOn` before each further time, which throws when it may not.
   * @throws PublishError: not sent, or unknown whether it was carried out.
   */
  run(work: (mayGoOn: MayGoOn) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** An error of the server's, which says no (instead of: could not tell), in words for people; else `undefined`. */
  explainRefusal(error: unknown): PublishError | undefined;
  /** Ends the connection if it is our own, within 2 s. Repeatable; later work rejects. */
  close(): Promise<void>;
}

/** A connection of our own; it is opened by the first piece of work, and opened again after each loss. */
export function openConnection(redisOptions: RedisOptions, timeoutMs: number): Connection {
  const redis = new Redis({ ...redisOptions, ...failFast(timeoutMs), replyMapping: "legacy" });
  return connectionOf(redis, timeoutMs, true);
}

/** Uses a client that somebody else opened and will close. */
export function borrowConnection(client: Redis | Cluster, timeoutMs: number): Connection {
  return connectionOf(client, timeoutMs, false);
}

/** With all of these nothing waits in a queue of the client's and is sent when nobody wants it any more. */
function failFast(timeoutMs: number): RedisOptions {
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // What leaves a server that hangs, when callers give up before the deadline.
    socketTimeout: 2 * timeoutMs,
    connectTimeout: Math.min(timeoutMs, 2000),
    disconnectTimeout: 500,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1000),
  };
}

function connectionOf(client: Redis | Cluster, timeoutMs: number, own: boolean): Connection {
  const label = describeAddress(client);
  const gate = own ? guardDatabase(client as Redis) : { open: () => waitUntilReady(client), explain: () => "" };
  let closed = false;

  function checkOpen(): void {
    if (closed) throw new BeatxError("CLOSED", "this BullMQ publisher was closed: create another one");
  }

  async function run(work: (mayGoOn: MayGoOn) => Promise<void>, signal: AbortSignal): Promise<void> {
    checkOpen();
    const onTimeout = (): string => {
      // What has been handed to the client but not yet to the server dies with the connection (R8).
      if (own && client.status === "ready") (client as Redis).disconnect(true);
      return `the BullMQ Redis at ${label} did not answer within ${timeoutMs} ms${gate.explain()}`;
    };
    const workWhenReady = async (mayGoOn: MayGoOn): Promise<void> => {
      await gate.open();
      mayGoOn();
      await work(mayGoOn);
    };
    await runInTime(workWhenReady, { signal, timeoutMs, onTimeout }).catch((error: unknown) => {
      if (BeatxError.isInstance(error)) throw error;
      const advice = "check that it is running and that the address and the credentials are right";
      // Not as the cause: ioredis hangs the command on its errors, and with it passwords and whole batches.
      const reason = `the BullMQ Redis at ${label} could not be asked: ${textOf(error)}${gate.explain()}`;
      throw new PublishError(`${reason}; ${advice}`);
    });
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    if (own) await endConnection(client as Redis);
  }

  return { client, checkOpen, run, explainRefusal: (error) => explainRefusal(error, label), close };
}

function explainRefusal(error: unknown, label: string): PublishError | undefined {
  if (!(error instanceof Error) || error.name !== "ReplyError") return undefined;
  return new PublishError(`the BullMQ Redis at ${label} refused a command: ${error.message}`);
}

/** Without password. */
function describeAddress(client: Redis | Cluster): string {
  if (client.isCluster) return "the cluster";
  const { host, port, path, db = 0, tls, sentinels, name } = (client as Redis).options;
  if (sentinels) return `sentinel:${name}/${db}`;
  if (path !== undefined) return `redis+unix://${path}?db=${db}`;
  return `${tls ? "rediss" : "redis"}://${host?.includes(":") ? `[${host}]` : host}:${port}/${db}`;
}

/** Lets the server answer what it has been asked, if it does so soon. */
async function endConnection(redis: Redis): Promise<void> {
  if (redis.status === "ready") {
    const politely = redis.quit().catch(() => undefined);
    await withDeadline(politely, 1000, () => new Error("no answer")).catch(() => undefined);
  }
  redis.disconnect();
}

/** Opens only when the connection is in the right database: ioredis goes on in database 0 when it cannot select another. */
function guardDatabase(redis: Redis): { open(): Promise<void>; explain(): string } {
  let selected = false;
  let lastError: string | undefined;
  redis.on("error", (error: NodeJS.ErrnoException) => (lastError = error.message || error.code));
  redis.on("ready", () => (lastError = undefined));
  redis.on("close", () => (selected = false));
  return {
    async open() {
      await waitUntilReady(redis);
      if (selected) return;
      await redis.select(redis.options.db ?? 0);
      selected = true;
    },
    explain: () => (lastError === undefined ? "" : ` (${lastError})`),
  };
}

/** Waits for a connection in the making, not for one that failed: the caller's next attempt finds it repaired. */
async function waitUntilReady(client: Redis | Cluster): Promise<void> {
  if (client.status === "ready") return;
  if (client.status === "wait") return client.connect();
  if (client.status !== "connecting" && client.status !== "connect") throw new Error("there is no connection");
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      client.off("ready", settle);
      client.off("close", settle);
      if (client.status === "ready") resolve();
      else reject(new Error("there is no connection"));
    };
    client.on("ready", settle);
    client.on("close", settle);
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
