import type { PublisherOptions } from "@beatx/core";
import { ConfigError } from "@beatx/core/adapter";
import { addSecrets, borrowConnection, openConnection } from "@beatx/shared-redis";
import type { RedisClient, RedisConnection } from "@beatx/shared-redis";
import type { Cluster, Redis, RedisOptions } from "ioredis";
import { readQueueUri } from "./address.js";

/** What a BullMQ publisher takes; either `uri` or `connection` names the Redis. */
export interface BullmqOptions extends PublisherOptions {
  /** As in `bullmq+redis://user:password@host:6379/0`, `bullmq+rediss://…`. */
  readonly uri?: string;
  /**
   * Options for ioredis, or an ioredis client of your own, which you close. What a client of your own is made to re-send
   * after an interruption may arrive after the deadline; its id is recognised while the job is remembered.
   */
  readonly connection?: Redis | Cluster | RedisOptions;
  /** Deadline of one `publish`, connecting included, in ms. Default 5000. */
  readonly publishTimeoutMs?: number;
  /** The queue of entries whose options name none. Default `"beatx"`. Also `?queue=` in the URI. */
  readonly queue?: string;
  /** BullMQ's prefix of all keys; the workers' must be the same. Default `"bull"`, BullMQ's own. Also `?prefix=`. */
  readonly prefix?: string;
  /** Certificates and the like for `bullmq+rediss:`, as Node's `tls.connect` takes them. */
  readonly tls?: NonNullable<RedisOptions["tls"]>;
}

export interface BullmqSettings {
  readonly connection: RedisConnection<RedisClient>;
  readonly prefix: string;
  readonly defaultQueue: string;
}

const DEFAULT_TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 600_000;
const known = ["uri", "connection", "publishTimeoutMs", "queue", "prefix", "tls"];

/** @throws ConfigError that names the option, its value and what would be right. */
export function readSettings(options: BullmqOptions): BullmqSettings {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw wrong(unknown, `is unknown to a BullMQ publisher (known: ${known.join(", ")})`);
  const { uri, connection, tls, publishTimeoutMs: timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw wrong(
      "publishTimeoutMs",
      `is ${String(timeoutMs)}: expected a whole number of ms from 1 to ${MAX_TIMEOUT_MS}`,
    );
  }
  if ((uri === undefined) === (connection === undefined)) {
    throw wrong("uri", 'and "connection": give exactly one of the two');
  }
  const address = uri === undefined ? undefined : readQueueUri(uri);
  if (tls !== undefined && address?.redis.tls === undefined) {
    throw wrong("tls", 'is given: write the URI with "bullmq+rediss:", or put it into `connection`');
  }
  const prefix = options.prefix ?? address?.prefix ?? "bull";
  const defaultQueue = options.queue ?? address?.queue ?? "beatx";
  if (typeof prefix !== "string" || prefix === "") throw wrong("prefix", "is not a text");
  const trouble = findQueueNameTrouble(defaultQueue);
  if (trouble !== undefined) throw wrong("queue", `is ${JSON.stringify(defaultQueue)}: ${trouble}`);
  const redis = address ? addSecrets(address.redis, { tls }) : connection!;
  return { connection: connect(redis, prefix, timeoutMs), prefix, defaultQueue };
}

/** What is wrong with the name of a queue; `undefined`: nothing. */
export function findQueueNameTrouble(name: unknown): string | undefined {
  if (typeof name !== "string" || name === "") return "expected the name of a queue";
  return name.includes(":") ? 'BullMQ takes no ":" in the name of a queue' : undefined;
}

function connect(given: RedisClient | RedisOptions, prefix: string, timeoutMs: number): RedisConnection<RedisClient> {
  if (typeof given !== "object" || given === null) throw wrong("connection", "is neither a client nor its options");
  const names = { server: "BullMQ Redis", owner: "BullMQ publisher", timeoutMs };
  if (!isClient(given)) {
    refuseKeyPrefix(given);
    // A job that was removed is added once more by a copy that arrives late (R22).
    return openConnection(given, { ...names, breakAtDeadline: true });
  }
  if (!given.isCluster) {
    refuseKeyPrefix((given as Redis).options);
  } else if (!/\{[^}]+\}/.test(prefix)) {
    const hint = 'set "prefix" to a text in braces, as in "{bull}", here and for the workers';
    throw wrong("connection", `is a cluster, in which all keys of a queue must share a slot: ${hint}`);
  }
  return borrowConnection(given, names);
}

function isClient(given: RedisClient | RedisOptions): given is RedisClient {
  return "connect" in given && typeof given.connect === "function";
}

function refuseKeyPrefix({ keyPrefix }: RedisOptions): void {
  if (keyPrefix) throw wrong("connection", 'has a keyPrefix, which BullMQ cannot use: set "prefix" instead');
}

function wrong(option: string, reason: string): ConfigError {
  return new ConfigError(`publisher option "${option}" ${reason}`, { field: option });
}
