import { Cluster, Redis } from "ioredis";
import type { ClusterOptions, RedisOptions } from "ioredis";

/** How long a closed client may keep the socket of a server that does not answer. */
const DISCONNECT_TIMEOUT_MS = 500;
const DEFAULT_CONNECT_TIMEOUT_MS = 2000;

/** Replies in one shape, whichever protocol the server speaks. */
type Legacy<Options> = Omit<Options, "replyMapping"> & { readonly replyMapping: "legacy" };

/**
 * A client of one server, or of the master that sentinels name. It connects when it is first used and again after each
 * loss. It fails fast, whatever `options` say. `timeoutMs`: of one command. `connectTimeoutMs`: of one attempt to connect;
 * default 2000, or `timeoutMs` if that is shorter.
 */
export function openRedis(options: RedisOptions, timeoutMs: number, connectTimeoutMs?: number): Redis {
  return new Redis({ ...options, ...redisOptions(timeoutMs, connectTimeoutMs) });
}

/**
 * A client of a cluster, found through `nodes`; `options` hold for each node. An attempt to connect may take `timeoutMs`. As
 * `openRedis` otherwise.
 */
export function openCluster(
  nodes: readonly { readonly host: string; readonly port: number }[],
  options: RedisOptions,
  timeoutMs: number,
): Cluster {
  return new Cluster([...nodes], clusterOptions(options, timeoutMs));
}

/** The client queues nothing, so it sends nothing after its caller gave up. */
export function redisOptions(
  timeoutMs: number,
  connectTimeoutMs: number = Math.min(timeoutMs, DEFAULT_CONNECT_TIMEOUT_MS),
): Legacy<RedisOptions> {
  return {
    ...nodeOptions(timeoutMs, connectTimeoutMs),
    enableOfflineQueue: false,
    retryStrategy: retryDelayMs,
    lazyConnect: true,
    sentinelCommandTimeout: timeoutMs,
    // Must return a delay: without one ioredis gives up for good once all sentinels were away.
    sentinelRetryStrategy: retryDelayMs,
  };
}

export function clusterOptions(
  options: RedisOptions,
  timeoutMs: number,
): ClusterOptions & { redisOptions: Legacy<RedisOptions> } {
  return {
    redisOptions: { ...options, ...nodeOptions(timeoutMs, timeoutMs) },
    // With TLS, certificates name hosts: keep the names, do not resolve them to addresses.
    ...(options.tls ? { dnsLookup: (host, callback) => callback(null, host) } : {}),
    enableOfflineQueue: false,
    // A command whose connection broke may have been carried out: report it, never send it again.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: timeoutMs,
    slotsRefreshInterval: 5000,
    clusterRetryStrategy: retryDelayMs,
    lazyConnect: true,
  };
}

/** Sends nothing late or twice, and drops the connection to a silent server. */
function nodeOptions(timeoutMs: number, connectTimeoutMs: number): Legacy<RedisOptions> {
  return {
    replyMapping: "legacy",
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // A user with few rights may not send the client's version: the server would log each refusal.
    disableClientInfo: true,
    commandTimeout: timeoutMs,
    // Also leaves a server that hangs when callers give up before the deadline.
    socketTimeout: 2 * timeoutMs,
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    // A master that became a replica behind the same address: the next connection finds the new master. Redis 6.2 puts
    // the word in the middle of a script's error.
    reconnectOnError: (error) => /\bREADONLY\b/.test(error.message),
  };
}

/**
 * Work waits for the next attempt, so the delay stays well below the usual deadlines of 2 s and more. Two attempts a second
 * from each node are no load for a server that comes back.
 */
function retryDelayMs(attempt: number): number {
  return Math.min(50 * attempt, 500);
}
