import { ConfigError, redactUri } from "@beatx/core/adapter";
import { addSecrets, leaveWhenSetUpFails } from "@beatx/shared-redis";
import type { RedisClient } from "@beatx/shared-redis";
import { Cluster, Redis } from "ioredis";
import type { ClusterOptions, RedisOptions } from "ioredis";
import type { CheckedOptions } from "./options.js";
import { readStoreUri } from "./uri.js";
import type { StoreAddress } from "./uri.js";

/** How long a closed client may keep the socket of a peer that does not answer. */
const DISCONNECT_TIMEOUT_MS = 500;

/** Options with replies in one shape, whichever protocol the server speaks. */
type Legacy<Options> = Omit<Options, "replyMapping"> & { replyMapping: "legacy" };

/** A client that connects when it is first used. @throws ConfigError for what can never work. */
export function createClient(uri: string, options: CheckedOptions): RedisClient {
  const address = readStoreUri(uri);
  if (options.tls !== undefined && address.redis.tls === undefined) {
    throw new ConfigError(`tls was given, but ${redactUri(uri)} is not a rediss: URI`, { field: "tls" });
  }
  if (address.nodes) return new Cluster([...address.nodes], clusterOptions(address, options));
  const client = new Redis(redisOptions(address, options));
  leaveWhenSetUpFails(client);
  return client;
}

export function redisOptions({ redis }: StoreAddress, options: CheckedOptions): Legacy<RedisOptions> {
  return {
    ...addSecrets(redis, options),
    ...failFastOptions(options.commandTimeoutMs),
    enableOfflineQueue: false,
    retryStrategy: retryDelayMs,
    lazyConnect: true,
    sentinelCommandTimeout: options.commandTimeoutMs,
    // Must not end: without a delay ioredis gives up for ever once all sentinels were away.
    sentinelRetryStrategy: retryDelayMs,
  };
}

export function clusterOptions(
  { redis }: StoreAddress,
  options: CheckedOptions,
): ClusterOptions & { redisOptions: Legacy<RedisOptions> } {
  return {
    redisOptions: { ...addSecrets(redis, options), ...failFastOptions(options.commandTimeoutMs) },
    // With TLS the names in certificates count, so hosts are handed on as they are, not as addresses.
    ...(redis.tls ? { dnsLookup: (host, callback) => callback(null, host) } : {}),
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
    reconnectOnError: (error) => /\bREADONLY\b/.test(error.message),
  };
}

function retryDelayMs(attempt: number): number {
  return Math.min(50 * attempt, 500);
}
