import { BeatxError, ConfigError, redactUri, StoreError } from "@beatx/core/adapter";
import { addSecrets, describeClient, explainWith, openCluster, openRedis, RedisConnection } from "@beatx/shared-redis";
import type { ConnectionSettings, RedisClient, WayOut } from "@beatx/shared-redis";
import { findWrongTypes } from "./damaged-keys.js";
import type { RedisKeys } from "./keys.js";
import type { CheckedOptions } from "./options.js";
import { readStoreUri } from "./uri.js";

const WAY_OUT: WayOut = {
  sentinels: "use redis-sentinel:",
  cluster: "use redis-cluster:",
  foreignKey: "choose another namespace, or remove the key",
};

/** A connection whose scripts name the key that has a wrong type. */
export class StoreConnection extends RedisConnection<RedisClient> {
  readonly #keys: RedisKeys;

  constructor(client: RedisClient, settings: ConnectionSettings, keys: RedisKeys) {
    super(client, settings);
    this.#keys = keys;
  }

  override async runScript(...[what, ...rest]: Parameters<RedisConnection["runScript"]>): Promise<unknown> {
    try {
      return await super.runScript(what, ...rest);
    } catch (error) {
      if (!BeatxError.isInstance(error) || !/\bWRONGTYPE\b/.test(error.message)) throw error;
      const lines = await findWrongTypes(super.runScript.bind(this), this.#keys).catch(() => []);
      if (lines.length === 0) throw error;
      throw new StoreError(`could not ${what}: ${lines.join("; ")}`, { cause: error.cause });
    }
  }
}

/**
 * Connects when it is first used. In a cluster, the namespace's keys select the node.
 * @throws ConfigError for options that can never work.
 */
export function connectStore(options: CheckedOptions, keys: RedisKeys): StoreConnection {
  const { uri, client, commandTimeoutMs: timeoutMs } = options;
  const settings: ConnectionSettings = {
    place: uri === undefined ? `the given client of ${describeClient(client!)}` : redactUri(uri),
    owner: "Redis store",
    timeoutMs,
    isOwned: client === undefined,
    errorClass: StoreError,
    explain: explainWith(WAY_OUT),
    key: keys.revision,
  };
  return new StoreConnection(client ?? createClient(uri!, options), settings, keys);
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
