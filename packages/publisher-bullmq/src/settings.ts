import type { PublisherOptions } from "@beatx/core";
import { ConfigError, describe, PublishError } from "@beatx/core/adapter";
import { addSecrets, describeClient, explainWith, openRedis, RedisConnection } from "@beatx/shared-redis";
import type { RedisClient } from "@beatx/shared-redis";
import type { Cluster, Redis, RedisOptions } from "ioredis";
import { readQueueUri } from "./address.js";

/** Options of a BullMQ publisher. Either `uri` or `connection` names the Redis. */
export interface BullmqOptions extends PublisherOptions {
  /** As in `bullmq+redis://user:password@host:6379/0`, `bullmq+rediss://…`. */
  readonly uri?: string;
  /**
   * Options for ioredis, or an ioredis client of your own, which you close. A client that sends again after an interruption
   * may deliver a job after the deadline; BullMQ recognises its id while it remembers the job.
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

/** @throws ConfigError that names the option, its value and the expected one. */
export function readSettings(options: BullmqOptions): BullmqSettings {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw wrong(unknown, `is unknown to a BullMQ publisher (known: ${known.join(", ")})`);
  const { uri, connection, tls, publishTimeoutMs: timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw wrong(
      "publishTimeoutMs",
      `is ${describe(timeoutMs)}: expected a whole number of ms from 1 to ${MAX_TIMEOUT_MS}`,
    );
  }
  if ((uri === undefined) === (connection === undefined)) {
    throw wrong("uri", 'and "connection": give exactly one of the two');
  }
  const address = uri === undefined ? undefined : readQueueUri(uri);
  if (tls !== undefined && address?.redis.tls === undefined) {
    throw wrong("tls", 'needs TLS: write the URI with "bullmq+rediss:", or put it into `connection`');
  }
  const prefix = options.prefix ?? address?.prefix ?? "bull";
  const defaultQueue = options.queue ?? address?.queue ?? "beatx";
  if (typeof prefix !== "string" || prefix === "") throw wrong("prefix", "is not a text");
  const trouble = findQueueNameTrouble(defaultQueue);
  if (trouble !== undefined) throw wrong("queue", `is ${describe(defaultQueue)}: ${trouble}`);
  const redis = address ? addSecrets(address.redis, { tls }) : connection!;
  return { connection: connect(redis, prefix, timeoutMs), prefix, defaultQueue };
}

/** The fault in the name of a queue; `undefined`: none. */
export function findQueueNameTrouble(name: unknown): string | undefined {
  if (typeof name !== "string" || name === "") return "expected the name of a queue";
  return name.includes(":") ? 'BullMQ takes no ":" in the name of a queue' : undefined;
}

function connect(given: RedisClient | RedisOptions, prefix: string, timeoutMs: number): RedisConnection<RedisClient> {
  if (typeof given !== "object" || given === null) throw wrong("connection", "is neither a client nor its options");
  const isOwned = !isClient(given);
  if (isOwned) refuseKeyPrefix(given);
  else checkClient(given, prefix);
  const client = isOwned ? openRedis(given, timeoutMs) : given;
  return new RedisConnection<RedisClient>(client, {
    place: `the BullMQ Redis at ${describeClient(client)}`,
    owner: "BullMQ publisher",
    timeoutMs,
    isOwned,
    errorClass: PublishError,
    explain: explainWith({
      sentinels: "pass the sentinels as `connection`",
      cluster: "pass a client of the cluster as `connection`",
      foreignKey: "rename or delete it, or set another `prefix`",
    }),
    // A copy that arrives late adds a job again that was removed (R22).
    breakIfUnanswered: true,
  });
}

function checkClient(client: RedisClient, prefix: string): void {
  if (!client.isCluster) return refuseKeyPrefix((client as Redis).options);
  if (/\{[^}]+\}/.test(prefix)) return;
  const hint = 'set "prefix" to a text in braces, as in "{bull}", here and for the workers';
  throw wrong("connection", `is a cluster, in which all keys of a queue must share a slot: ${hint}`);
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
