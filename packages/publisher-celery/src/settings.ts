import { ConfigError } from "@beatx/core/adapter";
import { systemClock } from "@beatx/core";
import type { Clock, PublisherOptions } from "@beatx/core";
import type { Redis, RedisOptions } from "ioredis";
import { readBrokerUri } from "./address.js";
import { borrowConnection, openConnection } from "./connection.js";
import type { Connection } from "./connection.js";

/** What a Celery publisher on Redis takes; either `uri` or `client` names the broker. */
export interface CeleryRedisOptions extends PublisherOptions {
  /** As in `celery+redis://user:password@host:6379/0`, `celery+rediss://…`, `celery+redis+unix:///path?db=0`. */
  readonly uri?: string;
  /**
   * An ioredis client of your own, connected to the broker's database; you close it. Without fail-fast settings it may
   * write a message after the deadline; the queue then recognises the repetition.
   */
  readonly client?: Redis;
  /** Deadline of one command, connecting included, in ms. Default 5000. */
  readonly publishTimeoutMs?: number;
  /** kombu's `global_keyprefix`: put before every key. Default none. Also `?global_keyprefix=` in the URI. */
  readonly globalKeyprefix?: string;
  /** Celery's `task_default_queue`. Default `"celery"`. Also `?default_queue=` in the URI. */
  readonly defaultQueue?: string;
  /** Certificates and the like for `celery+rediss:`, as Node's `tls.connect` takes them. */
  readonly tls?: NonNullable<RedisOptions["tls"]>;
  /** Source of time. Default: the system's. */
  readonly clock?: Clock;
}

export interface CelerySettings {
  readonly connection: Connection;
  readonly keyPrefix: string;
  readonly defaultQueue: string;
  readonly clock: Clock;
}

const DEFAULT_TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 600_000;
const known = ["uri", "client", "publishTimeoutMs", "globalKeyprefix", "defaultQueue", "tls", "clock"];

/** @throws ConfigError that names the option, its value and what would be right. */
export function readSettings(options: CeleryRedisOptions): CelerySettings {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw wrong(unknown, `is unknown to a Celery publisher (known: ${known.join(", ")})`);
  }
  const { uri, client, publishTimeoutMs: timeoutMs = DEFAULT_TIMEOUT_MS, clock = systemClock } = options;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw wrong(
      "publishTimeoutMs",
      `is ${String(timeoutMs)}: expected a whole number of ms from 1 to ${MAX_TIMEOUT_MS}`,
    );
  }
  if ((uri === undefined) === (client === undefined)) throw wrong("uri", 'and "client": give exactly one of the two');
  const address = uri === undefined ? undefined : readBrokerUri(uri);
  const keyPrefix = options.globalKeyprefix ?? address?.globalKeyprefix ?? "";
  const defaultQueue = options.defaultQueue ?? address?.defaultQueue ?? "celery";
  if (typeof keyPrefix !== "string") throw wrong("globalKeyprefix", "is not a text");
  if (typeof defaultQueue !== "string" || defaultQueue === "")
    throw wrong("defaultQueue", "is not the name of a queue");
  const connection = address ? open(address, timeoutMs, options.tls) : borrow(client!, timeoutMs);
  return { connection, keyPrefix, defaultQueue, clock };
}

function open(
  address: ReturnType<typeof readBrokerUri>,
  timeoutMs: number,
  tls: CeleryRedisOptions["tls"],
): Connection {
  if (tls !== undefined && address.redis.tls === undefined)
    throw wrong("tls", 'is given: write the URI with "celery+rediss:"');
  const redis = tls === undefined ? address.redis : { ...address.redis, tls };
  return openConnection(redis, { label: address.label, database: address.database, timeoutMs });
}

function borrow(client: Redis, timeoutMs: number): Connection {
  if (client.isCluster) throw wrong("client", "is a cluster: Celery cannot use one as its broker");
  const { host, port, path, db = 0, keyPrefix } = client.options;
  if (keyPrefix) throw wrong("client", "has a keyPrefix of its own: leave that out and set globalKeyprefix");
  const label = path === undefined ? `redis://${host}:${port}/${db}` : `redis+unix://${path}?db=${db}`;
  return borrowConnection(client, { label, database: db, timeoutMs });
}

function wrong(option: string, reason: string): ConfigError {
  return new ConfigError(`publisher option "${option}" ${reason}`, { field: option });
}
