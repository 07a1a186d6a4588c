import { readRedisUri } from "@beatx/shared-redis";
import type { UriRules } from "@beatx/shared-redis";
import type { RedisOptions } from "ioredis";

/** The parts of a URI of the Redis that holds the queues. */
export interface QueueAddress {
  readonly redis: RedisOptions;
  readonly prefix: string | undefined;
  readonly queue: string | undefined;
}

export const SCHEMES = ["bullmq+redis", "bullmq+rediss"] as const;

const RULES: UriRules = {
  schemes: SCHEMES,
  query: ["prefix", "queue"],
  severalHosts: "for Sentinel or Cluster pass `connection`",
  field: "publisher",
};

/** @throws ConfigError that names the URI (without its password) and the part that is wrong. */
export function readQueueUri(uri: string): QueueAddress {
  const { redis, query } = readRedisUri(uri, RULES);
  return { redis, prefix: query.get("prefix"), queue: query.get("queue") };
}
