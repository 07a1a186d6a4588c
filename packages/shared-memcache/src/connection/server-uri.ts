import { ConfigError, parseUri, redactUri, refuseUnknownQuery } from "@beatx/core/adapter";

/** One server. */
export interface ServerAddress {
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly credentials?: { readonly username: string; readonly password: string };
}

export interface UriRules {
  /** Lower case, without the colon. */
  readonly schemes: readonly string[];
  /** Why the client cannot use a user and password, and what to do instead. Omitted: it can. */
  readonly noCredentials?: string;
}

const DEFAULT_PORT = 11_211;

/** Reads `scheme://[user:password@]host[:11211]`. @throws ConfigError for anything else. */
export function readServerUri(uri: string, { schemes, noCredentials }: UriRules): ServerAddress {
  const parsed = parseUri(uri);
  const wrong = (what: string): ConfigError => {
    return new ConfigError(`cannot use the URI ${redactUri(uri)}: ${what}`, { field: "uri" });
  };
  if (!schemes.includes(parsed.scheme)) {
    throw wrong(`"${parsed.scheme}:" is none of ${schemes.map((scheme) => `${scheme}:`).join(", ")}`);
  }
  refuseUnknownQuery(uri, parsed, []);
  const { hosts, username, password } = parsed;
  const [server] = hosts;
  if (!server) throw wrong(`it names no host: write ${parsed.scheme}://host:11211`);
  if (hosts.length > 1) {
    throw wrong(
      `it names ${hosts.length} hosts, but a lease needs one: clients spread keys over servers and move them when one fails, so two nodes would lead. Name one server`,
    );
  }
  if (!["", "/"].includes(parsed.path)) throw wrong("memcached has no databases: end it after the port");
  const address = { host: server.host, port: server.port ?? DEFAULT_PORT };
  if (username === undefined && password === undefined) return address;
  if (noCredentials) throw wrong(noCredentials);
  if (username === undefined || password === undefined) throw wrong("give both a user and a password, or neither");
  return { ...address, credentials: { username, password } };
}

/** `memcached://host:port`, as shown to people. */
export function describeServer(scheme: string, { host, port }: ServerAddress): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
