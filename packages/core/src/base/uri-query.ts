import { ConfigError } from "./errors.js";
import { nearest } from "./nearest.js";
import { redactUri } from "./redact-uri.js";
import type { ParsedUri } from "./uri.js";

/** What to write instead of options that other clients of the same servers take in a URI. */
const WAYS_OUT: readonly (readonly [keys: readonly string[], wayOut: string])[] = [
  [
    [
      "ssl_cert_reqs", "ssl_check_hostname", "ssl_ca_certs", "ssl_ca_data", "ssl_certfile", "ssl_keyfile", "ssl_ca_path",
      "ca", "cert", "key", "cacertfile", "certfile", "keyfile", "verify", "rejectunauthorized", "servername",
    ],
    "TLS is set by `tls` in storeOptions or publisherOptions, as Node's tls.connect takes it; certificates are checked " +
      "unless it has rejectUnauthorized: false",
  ],
  [["ssl", "tls", "usessl", "use_ssl"], "TLS is asked for by the scheme, as in rediss: or amqps:"],
  [
    ["db", "database", "virtual_host", "vhost"],
    "it is written as the path, as in redis://host:6379/1, celery+redis://host:6379/1 or celery+amqp://host/vhost",
  ],
  [["family"], "leave it out: IPv4 and IPv6 are both tried"],
  [["username", "user", "password", "pass"], "user and password stand before the host, as in scheme://user:password@host"],
  [
    [
      "timeout", "socket_timeout", "socket_connect_timeout", "connecttimeout", "commandtimeout", "connection_timeout",
      "connect_timeout", "read_timeout",
    ],
    "deadlines are the options commandTimeoutMs (of the store) and publishTimeoutMs (of the publisher)",
  ],
  [["keyprefix", "key_prefix", "prefix"], "the prefix of the store's keys is the option `namespace`"],
  [
    ["master_name", "mastername", "service_name", "sentinelmasterid", "sentinel"],
    "the master's name is the path, as in redis-sentinel://one:26379,two:26379/main/0",
  ],
  [["heartbeat_interval", "heartbeat"], "the interval is `heartbeat`, in seconds, and only for celery+amqp:"],
  [
    [
      "visibility_timeout", "fanout_prefix", "fanout_patterns", "max_connections", "health_check_interval", "protocol",
      "decode_responses", "retry_on_timeout", "socket_keepalive", "client_name", "max_retries", "retry_policy",
      "lazyconnect", "maxretriesperrequest", "enablereadycheck", "enableofflinequeue", "keepalive", "confirm_publish",
      "connection_attempts", "retry_delay", "locale", "frame_max", "channel_max",
    ],
    "leave it out: it is for other clients",
  ],
]; // prettier-ignore

/**
 * @throws ConfigError for the first query key that is not in `known`; it lists the known ones. It never shows a key that is
 * not a well-known option or close to one, because it may be a piece of a password.
 */
export function refuseUnknownQuery(uri: string, parsed: ParsedUri, known: readonly string[]): void {
  for (const [index, key] of [...parsed.query.keys()].entries()) {
    if (known.includes(key)) continue;
    const list = known.length === 0 ? "this scheme takes none" : `known: ${known.join(", ")}`;
    const [shown, wayOut] = explainKey(key, known);
    const what = shown === undefined ? `option ${index + 1} of the query is unknown` : `unknown option "${shown}"`;
    throw new ConfigError(
      `${what} in the URI ${redactUri(uri)} (${list})${wayOut === undefined ? "" : `: ${wayOut}`}`,
      { field: "uri" },
    );
  }
}

/** The key as it may be shown, and what to write instead. */
function explainKey(key: string, known: readonly string[]): [shown: string | undefined, wayOut: string | undefined] {
  const wayOut = WAYS_OUT.find(([keys]) => keys.includes(key.toLowerCase()))?.[1];
  if (wayOut !== undefined) return [key, wayOut];
  const meant = nearest(key, known);
  return [undefined, meant === undefined ? undefined : `did you mean "${meant}"?`];
}
