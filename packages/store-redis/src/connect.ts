import { ConfigError, redactUri, StoreError } from "@beatx/core/adapter";
import { addSecrets, openCluster, openRedis, RedisConnection } from "@beatx/shared-redis";
import type { RedisClient } from "@beatx/shared-redis";
import { explainWords } from "./explain-words.js";
import type { CheckedOptions } from "./options.js";
import { readStoreUri } from "./uri.js";

export type StoreConnection = RedisConnection<RedisClient>;

/**
 * Connects when it is first used. In a cluster, `key` (any key of the namespace) selects the node.
 * @throws ConfigError for options that can never work.
 */
export function connectStore(options: CheckedOptions, key: string): StoreConnection {
  const { uri, client, commandTimeoutMs: timeoutMs } = options;
  return new RedisConnection(client ?? createClient(uri!, options), {
    place: uri === undefined ? "the given client" : redactUri(uri),
    owner: "Redis store",
    timeoutMs,
    isOwned: client === undefined,
    errorClass: StoreError,
    explain: explainWords,
    key,
  });
}

/** @throws ConfigError for a URI that can never work. */
export function createClient(uri: string, options: CheckedOptions): RedisClient {
  const { nodes, redis } = readStoreUri(uri);
  if (options.tls !== undefined && redis.tls === undefined) {
    throw new ConfigError(`tls was given, but ${redactUri(uri)} is not a rediss: URI`, { field: "tls" });
  }
  const withSecrets = { ...addSecrets(redis, options), connectionName: "beatx" };
  const { commandTimeoutMs } = options;
  return nodes
    ? openCluster(nodes, withSecrets, commandTimeoutMs)
    : openRedis(withSecrets, commandTimeoutMs, commandTimeoutMs);
}
