import { ConfigError, isPathScheme, parseUri, redactUri, refuseUnknownQuery } from "@beatx/core/adapter";
import type { ParsedUri } from "@beatx/core/adapter";
import type { RedisOptions } from "ioredis";

/** Rules that differ between users of Redis URIs. */
export interface UriRules {
  /**
   * The schemes accepted. The end of a scheme decides the form; any beginning is allowed: `redis` and `rediss` are a
   * server, `redis+unix` and `redis+socket` are a socket, `redis-sentinel`, `rediss-sentinel` and `sentinel` are sentinels.
   */
  readonly schemes: readonly string[];
  /** Keys of the query that the caller reads itself. */
  readonly query: readonly string[];
  /** Advice for several hosts in the URI of one server. */
  readonly severalHosts: string;
  /** The field of a ConfigError. */
  readonly field: string;
}

/** The parts of a URI. */
export interface RedisAddress {
  /**
   * For ioredis, which must never see the URI itself: it takes an upper-case `REDISS:` for plain TCP, an unreadable
   * database for 0, and several hosts for a path. `tls` is set if the URI asks for TLS.
   */
  readonly redis: RedisOptions;
  /** Percent-decoded. */
  readonly query: ReadonlyMap<string, string>;
}

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

/**
 * Reads a URI by rules of our own.
 * @throws ConfigError for everything that is not exactly one of the forms; it names the URI without its password.
 */
export function readRedisUri(uri: string, rules: UriRules): RedisAddress {
  const parsed = parseUri(uri);
  if (!rules.schemes.includes(parsed.scheme)) {
    const known = rules.schemes.map((scheme) => `${scheme}:`).join(" ");
    throw wrongUri(uri, `"${parsed.scheme}:" is none of ${known}`, rules.field);
  }
  const isSocket = isPathScheme(parsed.scheme);
  refuseUnknownQuery(uri, withoutDefaults(parsed), isSocket ? [...rules.query, "db", "virtual_host"] : rules.query);
  const place = isSocket ? readSocket : parsed.scheme.endsWith("sentinel") ? readSentinels : readServer;
  return { redis: { ...place(uri, parsed, rules), ...readCredentials(parsed) }, query: parsed.query };
}

/** Without options of other clients that ask for what beatx does anyway. */
function withoutDefaults(parsed: ParsedUri): ParsedUri {
  const isDefault = ([key, value]: [string, string]): boolean =>
    (key === "family" && value === "0") ||
    (key === "ssl_cert_reqs" && isSecure(parsed) && /^(cert_)?required$/i.test(value));
  return { ...parsed, query: new Map([...parsed.query].filter((option) => !isDefault(option))) };
}

/** User and password as ioredis takes them. */
export function readCredentials({ username, password }: ParsedUri): Pick<RedisOptions, "username" | "password"> {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

/** The error for a URI that cannot be used; it names the URI without its password. */
export function wrongUri(uri: string, reason: string, field: string): ConfigError {
  return new ConfigError(`cannot use the URI ${redactUri(uri)}: ${reason}`, { field });
}

type ReadPlace = (uri: string, parsed: ParsedUri, rules: UriRules) => RedisOptions;

const readServer: ReadPlace = (uri, parsed, rules) => {
  const [first, ...others] = parsed.hosts;
  if (first === undefined) throw wrongUri(uri, "expected exactly one host, and it names none", rules.field);
  if (others.length > 0) {
    throw wrongUri(uri, `expected exactly one host, and it names several: ${rules.severalHosts}`, rules.field);
  }
  const { host, port = DEFAULT_PORT } = first;
  const db = readDatabase(uri, parsed.path.replace(/^\//, ""), rules);
  return { host, port, db, ...(isSecure(parsed) ? { tls: {} } : {}) };
};

/** The master that the sentinels name; user and password are its own. */
const readSentinels: ReadPlace = (uri, parsed, rules) => {
  const [, name, database = ""] = /^\/([^/]+)(?:\/(.*))?$/.exec(parsed.path) ?? [];
  if (parsed.hosts.length === 0 || name === undefined) {
    const example = `${parsed.scheme}://one:${DEFAULT_SENTINEL_PORT},two:${DEFAULT_SENTINEL_PORT}/main/0`;
    throw wrongUri(uri, `expected sentinels and the master's name, as in ${example}`, rules.field);
  }
  return {
    sentinels: parsed.hosts.map(({ host, port = DEFAULT_SENTINEL_PORT }) => ({ host, port })),
    name,
    db: readDatabase(uri, database, rules),
    ...(isSecure(parsed) ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  };
};

const readSocket: ReadPlace = (uri, parsed, rules) => {
  if (parsed.hosts.length > 0 || !/^\/./.test(parsed.path)) {
    const example = `${parsed.scheme}:///run/redis.sock?db=1`;
    throw wrongUri(uri, `expected the absolute path of a socket after three slashes, as in ${example}`, rules.field);
  }
  return {
    path: parsed.path,
    db: readDatabase(uri, parsed.query.get("db") ?? parsed.query.get("virtual_host") ?? "", rules),
  };
};

function readDatabase(uri: string, text: string, { field }: UriRules): number {
  if (/^\d{0,6}$/.test(text)) return Number(text);
  throw wrongUri(uri, "what stands for the database is not a number, such as 0", field);
}

function isSecure({ scheme }: ParsedUri): boolean {
  return /(^|\+)(rediss|valkeys)(-|$)/.test(scheme);
}
