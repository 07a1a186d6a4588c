import { ConfigError, redactUri } from "@beatx/core/adapter";
import { Cluster, Redis } from "ioredis";
import type { ClusterOptions, RedisOptions } from "ioredis";
import type { ConnectionOptions } from "node:tls";
import type { CheckedOptions, RedisClient } from "./options.js";
import { readRedisUri } from "./uri.js";
import type { RedisTarget } from "./uri.js";

/** How long a closed client may keep the socket of a peer that does not answer. */
const DISCONNECT_TIMEOUT_MS = 500;

/** Options with replies in one shape, whichever protocol the server speaks. */
type Legacy<Options> = Omit<Options, "replyMapping"> & { replyMapping: "legacy" };

/** A client that connects when it is first used. @throws ConfigError for what can never work. */
export function createClient(uri: string, options: CheckedOptions): RedisClient {
  const target = readRedisUri(uri);
  if (options.tls !== undefined && !target.tls) {
    throw new ConfigError(`tls was given, but ${redactUri(uri)} is not a rediss: URI`, { field: "tls" });
  }
  if (target.kind === "cluster") return new Cluster([...target.hosts], clusterOptions(target, options));
  const client = new Redis(redisOptions(target, options));
  // ioredis becomes "ready" even where SELECT was refused, and then works on database 0. An error in this state means
  // that the set-up of the connection failed: it is dropped before anybody can use it.
  client.on("error", () => {
    if (client.status === "connect") client.disconnect(true);
  });
  return client;
}

export function redisOptions(target: RedisTarget, options: CheckedOptions): Legacy<RedisOptions> {
  return {
    ...failFastOptions(options.commandTimeoutMs),
    ...credentials(target),
    ...placeOf(target, options),
    db: target.database,
    enableOfflineQueue: false,
    retryStrategy: retryDelayMs,
    lazyConnect: true,
  };
}

export function clusterOptions(
  target: RedisTarget,
  options: CheckedOptions,
): ClusterOptions & { redisOptions: Legacy<RedisOptions> } {
  return {
    redisOptions: {
      ...failFastOptions(options.commandTimeoutMs),
      ...credentials(target),
      ...(target.tls ? { tls: tlsOf(options) } : {}),
    },
    // With TLS the names in certificates count, so hosts are handed on as they are, not as addresses.
    ...(target.tls ? { dnsLookup: (host, callback) => callback(null, host) } : {}),
    enableOfflineQueue: false,
    // A command whose connection broke may have been carried out: it is reported, never sent again in silence.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: options.commandTimeoutMs,
    slotsRefreshInterval: 5000,
    clusterRetryStrategy: retryDelayMs,
    lazyConnect: true,
  };
}

/**
 * The one combination under which nothing waits for a server that is away, nothing is sent late after its caller has
 * given up, and a peer that went silent is left.
 */
function failFastOptions(commandTimeoutMs: number): Legacy<RedisOptions> {
  return {
    replyMapping: "legacy",
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    commandTimeout: commandTimeoutMs,
    socketTimeout: 2 * commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    connectionName: "beatx",
    // A master that became a replica behind the same address: the next connection finds the new master.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  };
}

function placeOf(target: RedisTarget, options: CheckedOptions): Omit<RedisOptions, "replyMapping"> {
  const tls = target.tls ? { tls: tlsOf(options) } : {};
  if (target.kind === "socket") return { path: target.name };
  if (target.kind === "server") return { ...target.hosts[0]!, ...tls };
  return {
    sentinels: [...target.hosts],
    name: target.name,
    ...tls,
    ...(target.tls ? { enableTLSForSentinelMode: true, sentinelTLS: tlsOf(options) } : {}),
    ...(options.sentinelUsername === undefined ? {} : { sentinelUsername: options.sentinelUsername }),
    ...(options.sentinelPassword === undefined ? {} : { sentinelPassword: options.sentinelPassword }),
    sentinelCommandTimeout: options.commandTimeoutMs,
    // Must not end: without a delay ioredis gives up for ever once all sentinels were away.
    sentinelRetryStrategy: retryDelayMs,
  };
}

function tlsOf(options: CheckedOptions): ConnectionOptions {
  return { ...options.tls };
}

function credentials(target: RedisTarget): Pick<RedisOptions, "username" | "password"> {
  return {
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
  };
}

function retryDelayMs(attempt: number): number {
  return Math.min(50 * attempt, 500);
}
