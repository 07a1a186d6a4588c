import { parseUri, refuseUnknownQuery } from "@beatx/core/adapter";
import type { ParsedUri } from "@beatx/core/adapter";
import { readCredentials, readRedisUri, wrongUri } from "@beatx/shared-redis";
import type { UriRules } from "@beatx/shared-redis";
import type { RedisOptions } from "ioredis";

const CLUSTER_SCHEMES: readonly string[] = ["redis-cluster", "rediss-cluster"];

export const REDIS_SCHEMES: readonly string[] = [
  "redis",
  "rediss",
  "redis+unix",
  "redis+socket",
  "redis-sentinel",
  "rediss-sentinel",
  ...CLUSTER_SCHEMES,
  "valkey",
  "valkeys",
];

const RULES: UriRules = {
  schemes: REDIS_SCHEMES,
  query: [],
  severalHosts: "write redis-sentinel: or redis-cluster:",
  field: "uri",
};

/** The parts of a URI. */
export interface StoreAddress {
  /** The first known nodes of a cluster; `undefined`: not a cluster. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[] | undefined;
  /** For ioredis; in a cluster, the options of each node. */
  readonly redis: RedisOptions;
}

const DEFAULT_PORT = 6379;

/** @throws ConfigError for everything that is not exactly one of the documented forms. */
export function readStoreUri(uri: string): StoreAddress {
  const parsed = parseUri(uri);
  if (parsed.username !== undefined && parsed.password === undefined) {
    throw wrong(uri, "it has a user without a password; a password alone is written redis://:password@host");
  }
  if (CLUSTER_SCHEMES.includes(parsed.scheme)) return readCluster(uri, parsed);
  return { nodes: undefined, redis: readRedisUri(uri, RULES).redis };
}

function readCluster(uri: string, parsed: ParsedUri): StoreAddress {
  refuseUnknownQuery(uri, parsed, []);
  if (parsed.hosts.length === 0) throw wrong(uri, "it names no host");
  if (!["", "/", "/0"].includes(parsed.path)) throw wrong(uri, "a Redis Cluster has only database 0");
  return {
    nodes: parsed.hosts.map(({ host, port = DEFAULT_PORT }) => ({ host, port })),
    redis: { ...readCredentials(parsed), ...(parsed.scheme === "rediss-cluster" ? { tls: {} } : {}) },
  };
}

const wrong = (uri: string, reason: string): Error => wrongUri(uri, reason, RULES.field);
