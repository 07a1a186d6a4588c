import { ConfigError, parseUri, redactUri, refuseUnknownQuery } from "@beatx/core/adapter";
import type { RedisOptions } from "ioredis";

/** What a URI says about the Redis that holds the queues. */
export interface RedisAddress {
  /** For ioredis, which must never see the URI itself: it misreads databases and schemes in silence. */
  readonly redis: RedisOptions;
  readonly prefix: string | undefined;
  readonly queue: string | undefined;
}

export const SCHEMES = ["bullmq+redis", "bullmq+rediss"] as const;

const DEFAULT_PORT = 6379;

/** @throws ConfigError that names the URI (without its password) and the part that is wrong. */
export function readRedisUri(uri: string): RedisAddress {
  const parsed = parseUri(uri);
  if (!(SCHEMES as readonly string[]).includes(parsed.scheme)) {
    throw wrong(uri, `"${parsed.scheme}:" is none of ${SCHEMES.map((scheme) => `${scheme}:`).join(" ")}`);
  }
  refuseUnknownQuery(uri, parsed, ["prefix", "queue"]);
  const [first, ...others] = parsed.hosts;
  if (first === undefined || others.length > 0) {
    throw wrong(uri, "expected exactly one host; for Sentinel or Cluster pass `connection`");
  }
  const { username, password, query } = parsed;
  return {
    redis: {
      host: first.host,
      port: first.port ?? DEFAULT_PORT,
      db: readDatabase(uri, parsed.path.replace(/^\//, "")),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(parsed.scheme === "bullmq+rediss" ? { tls: {} } : {}),
    },
    prefix: query.get("prefix"),
    queue: query.get("queue"),
  };
}

function readDatabase(uri: string, text: string): number {
  if (!/^\d{0,5}$/.test(text)) {
    throw wrong(uri, `${JSON.stringify(text)} is not the number of a database, as in bullmq+redis://host:6379/0`);
  }
  return Number(text);
}

function wrong(uri: string, reason: string): ConfigError {
  return new ConfigError(`cannot use ${redactUri(uri)}: ${reason}`, { field: "publisher" });
}
