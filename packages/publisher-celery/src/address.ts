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

export const REDIS_SCHEMES = [
  "celery+redis",
  "celery+rediss",
  "celery+redis+unix",
  "celery+redis-sentinel",
  "celery+rediss-sentinel",
  "celery+sentinel",
] as const;

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

/** @throws ConfigError that names the URI (without its password) and the part that is wrong. */
export function readBrokerUri(uri: string): BrokerAddress {
  const parsed = parseUri(uri);
  if (!(REDIS_SCHEMES as readonly string[]).includes(parsed.scheme)) {
    throw wrong(uri, `"${parsed.scheme}:" is none of ${REDIS_SCHEMES.map((scheme) => `${scheme}:`).join(" ")}`);
  }
  const place = readPlace(uri, parsed);
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

function readPlace(uri: string, parsed: ParsedUri): Place {
  if (parsed.scheme === "celery+redis+unix") return readSocket(uri, parsed);
  refuseUnknownQuery(uri, parsed, ["global_keyprefix", "default_queue"]);
  return parsed.scheme.endsWith("sentinel") ? readSentinels(uri, parsed) : readHost(uri, parsed);
}

function readHost(uri: string, parsed: ParsedUri): Place {
  const [first, ...others] = parsed.hosts;
  if (first === undefined || others.length > 0) throw wrong(uri, "expected exactly one host");
  const { host, port = DEFAULT_PORT } = first;
  const database = readDatabase(uri, parsed.path.replace(/^\//, ""));
  const secure = parsed.scheme === "celery+rediss";
  return {
    label: `${secure ? "rediss" : "redis"}://${showHost(host)}:${port}/${database}`,
    database,
    redis: { host, port, ...(secure ? { tls: {} } : {}) },
  };
}

/** The master that the sentinels name; user and password are its own. */
function readSentinels(uri: string, parsed: ParsedUri): Place {
  const [, name, text = ""] = /^\/([^/]+)(?:\/(.*))?$/.exec(parsed.path) ?? [];
  if (parsed.hosts.length === 0 || name === undefined) {
    throw wrong(
      uri,
      "expected sentinels and the master's name, as in celery+redis-sentinel://one:26379,two:26379/main/0",
    );
  }
  const database = readDatabase(uri, text);
  const sentinels = parsed.hosts.map(({ host, port = DEFAULT_SENTINEL_PORT }) => ({ host, port }));
  const secure = parsed.scheme === "celery+rediss-sentinel";
  const hosts = sentinels.map(({ host, port }) => `${showHost(host)}:${port}`).join(",");
  return {
    label: `${secure ? "rediss" : "redis"}-sentinel://${hosts}/${name}/${database}`,
    database,
    redis: { sentinels, name, ...(secure ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}) },
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

function showHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function wrong(uri: string, reason: string): ConfigError {
  return new ConfigError(`cannot use the broker ${redactUri(uri)}: ${reason}`, { field: "publisher" });
}
