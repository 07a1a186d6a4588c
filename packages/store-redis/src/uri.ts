import { ConfigError, parseUri, redactUri, refuseUnknownQuery } from "@beatx/core/adapter";
import type { ParsedUri } from "@beatx/core/adapter";

export const REDIS_SCHEMES: readonly string[] = [
  "redis",
  "rediss",
  "redis+unix",
  "redis-sentinel",
  "rediss-sentinel",
  "redis-cluster",
  "rediss-cluster",
];

/** Where a URI points to. */
export interface RedisTarget {
  readonly kind: "server" | "socket" | "sentinel" | "cluster";
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** The server, the sentinels, or the first known nodes of the cluster; empty for a socket. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** Path of the unix socket; name of the master for sentinels; otherwise empty. */
  readonly name: string;
  readonly database: number;
}

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

/**
 * Reads a URI by rules of its own: ioredis takes an upper-case `REDISS:` for plain TCP, an unreadable database for 0, and
 * several hosts for a path. @throws ConfigError for everything that is not exactly one of the documented forms.
 */
export function readRedisUri(uri: string): RedisTarget {
  const parsed = parseUri(uri);
  if (!REDIS_SCHEMES.includes(parsed.scheme)) {
    throw wrong(uri, `"${parsed.scheme}:" is none of ${REDIS_SCHEMES.map((scheme) => `${scheme}:`).join(", ")}`);
  }
  if (parsed.username !== undefined && parsed.password === undefined) {
    throw wrong(uri, "it has a user without a password; a password alone is written redis://:password@host");
  }
  refuseUnknownQuery(uri, parsed, parsed.scheme === "redis+unix" ? ["db"] : []);
  const common = {
    tls: parsed.scheme.startsWith("rediss"),
    username: parsed.username,
    password: parsed.password,
  };
  if (parsed.scheme === "redis+unix") return { ...common, ...readSocket(uri, parsed) };
  if (parsed.scheme.endsWith("-sentinel")) return { ...common, ...readSentinel(uri, parsed) };
  if (parsed.scheme.endsWith("-cluster")) return { ...common, ...readCluster(uri, parsed) };
  return { ...common, ...readServer(uri, parsed) };
}

type Place = Pick<RedisTarget, "kind" | "hosts" | "name" | "database">;

function readServer(uri: string, parsed: ParsedUri): Place {
  const hosts = withPorts(uri, parsed, DEFAULT_PORT);
  if (hosts.length > 1) {
    throw wrong(uri, `it names ${hosts.length} hosts: write redis-sentinel:// or redis-cluster:// for several`);
  }
  return { kind: "server", hosts, name: "", database: readDatabase(uri, parsed.path.replace(/^\//, "")) };
}

function readSocket(uri: string, parsed: ParsedUri): Place {
  if (parsed.hosts.length > 0 || !/^\/./.test(parsed.path)) {
    throw wrong(
      uri,
      "expected the absolute path of a socket after three slashes, as in redis+unix:///run/redis.sock?db=1",
    );
  }
  return { kind: "socket", hosts: [], name: parsed.path, database: readDatabase(uri, parsed.query.get("db") ?? "") };
}

function readSentinel(uri: string, parsed: ParsedUri): Place {
  const hosts = withPorts(uri, parsed, DEFAULT_SENTINEL_PORT);
  const [, master, database = ""] = /^\/([^/]+)(?:\/(.*))?$/.exec(parsed.path) ?? [];
  if (master === undefined) {
    throw wrong(uri, "expected the master's name after the hosts, as in redis-sentinel://host:26379/main");
  }
  return { kind: "sentinel", hosts, name: master, database: readDatabase(uri, database) };
}

function readCluster(uri: string, parsed: ParsedUri): Place {
  const hosts = withPorts(uri, parsed, DEFAULT_PORT);
  if (!["", "/", "/0"].includes(parsed.path)) throw wrong(uri, "a Redis Cluster has only database 0");
  return { kind: "cluster", hosts, name: "", database: 0 };
}

function withPorts(uri: string, parsed: ParsedUri, defaultPort: number): { host: string; port: number }[] {
  if (parsed.hosts.length === 0) throw wrong(uri, "it names no host");
  return parsed.hosts.map(({ host, port }) => ({ host, port: port ?? defaultPort }));
}

function readDatabase(uri: string, text: string): number {
  if (text === "") return 0;
  if (/^(0|[1-9]\d{0,5})$/.test(text)) return Number(text);
  throw wrong(uri, `${JSON.stringify(text)} is not the number of a database, such as 0`);
}

function wrong(uri: string, what: string): ConfigError {
  return new ConfigError(`cannot use the URI ${redactUri(uri)}: ${what}`, { field: "uri" });
}
