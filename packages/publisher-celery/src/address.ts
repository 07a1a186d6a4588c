import { ConfigError, parseUri, redactUri, refuseUnknownQuery } from "@beatx/core/adapter";
import type { ParsedUri } from "@beatx/core/adapter";
import type { RedisOptions } from "ioredis";

/** What a URI says about the broker. */
export interface BrokerAddress {
  /** Where it is, for messages to people: `redis://host:port/0`. No password. */
  readonly label: string;
  readonly database: number;
  /** For ioredis, which must never see the URI itself: it misreads databases, schemes and sockets in silence. */
  readonly redis: RedisOptions;
  readonly globalKeyprefix: string | undefined;
  readonly defaultQueue: string | undefined;
}

export const REDIS_SCHEMES = ["celery+redis", "celery+rediss", "celery+redis+unix"] as const;

const DEFAULT_PORT = 6379;

/** @throws ConfigError that names the URI (without its password) and the part that is wrong. */
export function readBrokerUri(uri: string): BrokerAddress {
  const parsed = parseUri(uri);
  if (!(REDIS_SCHEMES as readonly string[]).includes(parsed.scheme)) {
    throw wrong(uri, `"${parsed.scheme}:" is none of ${REDIS_SCHEMES.map((scheme) => `${scheme}:`).join(" ")}`);
  }
  const place = parsed.scheme === "celery+redis+unix" ? readSocket(uri, parsed) : readHost(uri, parsed);
  const { username, password, query } = parsed;
  return {
    ...place,
    redis: {
      ...place.redis,
      db: place.database,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    },
    globalKeyprefix: query.get("global_keyprefix"),
    defaultQueue: query.get("default_queue"),
  };
}

type Place = Pick<BrokerAddress, "label" | "database" | "redis">;

function readHost(uri: string, parsed: ParsedUri): Place {
  refuseUnknownQuery(uri, parsed, ["global_keyprefix", "default_queue"]);
  const [first, ...others] = parsed.hosts;
  if (first === undefined || others.length > 0) throw wrong(uri, "expected exactly one host");
  const { host, port = DEFAULT_PORT } = first;
  const database = readDatabase(uri, parsed.path.replace(/^\//, ""));
  const secure = parsed.scheme === "celery+rediss";
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return {
    label: `${secure ? "rediss" : "redis"}://${shownHost}:${port}/${database}`,
    database,
    redis: { host, port, ...(secure ? { tls: {} } : {}) },
  };
}

function readSocket(uri: string, parsed: ParsedUri): Place {
  refuseUnknownQuery(uri, parsed, ["global_keyprefix", "default_queue", "db"]);
  if (parsed.hosts.length > 0 || !/^\/./.test(parsed.path)) {
    throw wrong(uri, "expected the absolute path of a socket, as in celery+redis+unix:///run/redis.sock?db=1");
  }
  const database = readDatabase(uri, parsed.query.get("db") ?? "");
  return { label: `redis+unix://${parsed.path}?db=${database}`, database, redis: { path: parsed.path } };
}

function readDatabase(uri: string, text: string): number {
  if (!/^\d{0,5}$/.test(text)) {
    throw wrong(uri, `${JSON.stringify(text)} is not the number of a database, as in redis://host:6379/0`);
  }
  return Number(text);
}

function wrong(uri: string, reason: string): ConfigError {
  return new ConfigError(`cannot use the broker ${redactUri(uri)}: ${reason}`, { field: "publisher" });
}
