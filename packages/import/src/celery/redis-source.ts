/** The Redis in which a scheduler of the Celery family keeps its schedule. */

import { StoreError } from "@beatx/core";
import { openRedis, readRedisUri, RedisConnection } from "@beatx/shared-redis";
import { redactUri } from "@beatx/core/adapter";

const RULES = {
  schemes: ["redis", "rediss", "redis+unix", "redis+socket", "redis-sentinel", "rediss-sentinel", "valkey", "valkeys"],
  query: [],
  severalHosts: "write redis-sentinel:",
  field: "uri",
};

const TIMEOUT_MS = 10_000;

/** @throws ConfigError for a URI that cannot be used */
export function openSource(uri: string): RedisConnection {
  const { redis } = readRedisUri(uri, RULES);
  return new RedisConnection(openRedis(redis, TIMEOUT_MS), {
    place: redactUri(uri),
    owner: "import",
    timeoutMs: TIMEOUT_MS,
    isOwned: true,
    errorClass: StoreError,
  });
}
