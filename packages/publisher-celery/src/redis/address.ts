import { readRedisUri, wrongUri } from "@beatx/shared-redis";
import type { UriRules } from "@beatx/shared-redis";
import type { RedisOptions } from "ioredis";
import { isPrioritySteps } from "./transport-options.js";
import type { NamingOfUri } from "./transport-options.js";

/** The parts of a URI of a Redis broker. */
export interface BrokerAddress extends NamingOfUri {
  readonly redis: RedisOptions;
  readonly defaultQueue: string | undefined;
}

export const REDIS_SCHEMES = [
  "celery+redis",
  "celery+rediss",
  "celery+redis+unix",
  "celery+redis+socket",
  "celery+redis-sentinel",
  "celery+rediss-sentinel",
  "celery+sentinel",
] as const;

const RULES: UriRules = {
  schemes: REDIS_SCHEMES,
  query: ["global_keyprefix", "default_queue", "sep", "priority_steps"],
  severalHosts: "for sentinels write celery+redis-sentinel:",
  field: "publisher",
};

/** @throws ConfigError that names the URI (without its password) and the part that is wrong. */
export function readBrokerUri(uri: string): BrokerAddress {
  const { redis, query } = readRedisUri(uri, RULES);
  return {
    redis,
    globalKeyprefix: query.get("global_keyprefix"),
    sep: query.get("sep"),
    prioritySteps: readSteps(uri, query.get("priority_steps")),
    defaultQueue: query.get("default_queue"),
  };
}

function readSteps(uri: string, text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  const steps = text.split(",").map((step) => (/^\d{1,3}$/.test(step.trim()) ? Number(step) : NaN));
  if (isPrioritySteps(steps)) return steps;
  const expected = "expected ascending whole numbers from 0 to 255 with commas between them, such as 0,3,6,9";
  throw wrongUri(uri, `"priority_steps" cannot be read: ${expected}`, RULES.field);
}
