import { readRedisUri } from "@beatx/shared-redis";
import type { UriRules } from "@beatx/shared-redis";
import type { RedisOptions } from "ioredis";

/** The parts of a URI of a Redis broker. */
export interface BrokerAddress {
  readonly redis: RedisOptions;
  readonly globalKeyprefix: string | undefined;
  readonly defaultQueue: string | undefined;
}

export const REDIS_SCHEMES = [
  "celery+redis",
  "celery+rediss",
  "celery+redis+unix",
  "celery+redis-sentinel",
  "celery+rediss-sentinel",
  "celery+sentinel",
] as const;

const RULES: UriRules = {
  schemes: REDIS_SCHEMES,
  query: ["global_keyprefix", "default_queue"],
  severalHosts: "for sentinels write celery+redis-sentinel:",
  field: "publisher",
};

/** @throws ConfigError that names the URI (without its password) and the part that is wrong. */
export function readBrokerUri(uri: string): BrokerAddress {
  const { redis, query } = readRedisUri(uri, RULES);
  return { redis, globalKeyprefix: query.get("global_keyprefix"), defaultQueue: query.get("default_queue") };
}
