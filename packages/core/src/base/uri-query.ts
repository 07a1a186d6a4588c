import { ConfigError } from "./errors.js";
import { nearest } from "./nearest.js";
import { redactUri } from "./redact-uri.js";
import type { ParsedUri } from "./uri.js";

/** Options that other clients of the same servers take in a URI, and what to write instead. */
interface OtherOptions {
  /** In lower case. If the scheme takes one of them, the others mean that. */
  readonly keys: readonly string[];
  readonly wayOut: string;
  /** The schemes that it is the way out for; in any other scheme the option is left out. Default: all. */
  readonly schemes?: RegExp;
}

const LEAVE_OUT = "leave it out: it is for other clients";

const OTHER_OPTIONS: readonly OtherOptions[] = [
  {
    keys: [
      "ssl_cert_reqs", "ssl_check_hostname", "ssl_ca_certs", "ssl_ca_data", "ssl_certfile", "ssl_keyfile", "ssl_ca_path",
      "ca", "cert", "key", "cacertfile", "certfile", "keyfile", "verify", "rejectunauthorized", "servername",
    ],
    wayOut:
      "TLS is set by `tls` in storeOptions or publisherOptions, as Node's tls.connect takes it; certificates are checked " +
      "unless it has rejectUnauthorized: false",
    schemes: /redis|valkey|sentinel|amqp/,
  },
  {
    keys: ["ssl", "tls", "usessl", "use_ssl"],
    wayOut: "TLS is asked for by the scheme, as in rediss: or celery+amqps:",
    schemes: /redis|valkey|sentinel|amqp/,
  },
  {
    keys: ["db", "database", "virtual_host", "vhost"],
    wayOut: "it is written as the path, as in redis://host:6379/1, celery+redis://host:6379/1 or celery+amqp://host/vhost",
    schemes: /redis|valkey|sentinel|amqp/,
  },
  { keys: ["family"], wayOut: "leave it out: IPv4 and IPv6 are both tried" },
  {
    keys: ["username", "user", "password", "pass"],
    wayOut: "user and password stand before the host, as in scheme://user:password@host",
    schemes: /redis|valkey|sentinel|amqp|memjs|pylibmc/,
  },
  {
    keys: [
      "timeout", "socket_timeout", "socket_connect_timeout", "connecttimeout", "commandtimeout", "connection_timeout",
      "connect_timeout", "read_timeout",
    ],
    wayOut: "deadlines are the options commandTimeoutMs (of the store) and publishTimeoutMs (of the publisher)",
  },
  {
    keys: ["keyprefix", "key_prefix", "prefix", "global_keyprefix"],
    wayOut: "the prefix of the store's keys is the option `namespace`",
    schemes: /^(?!celery|bullmq)/,
  },
  {
    keys: ["master_name", "mastername", "service_name", "sentinelmasterid", "sentinel"],
    wayOut: "the master's name is the path, as in redis-sentinel://one:26379,two:26379/main/0",
    schemes: /redis|sentinel/,
  },
  {
    keys: ["heartbeat_interval", "heartbeat"],
    wayOut: "leave it out: only celery+amqp: takes an interval, as `heartbeat`, in seconds",
  },
  {
    keys: [
      "visibility_timeout", "fanout_prefix", "fanout_patterns", "max_connections", "health_check_interval", "protocol",
      "decode_responses", "retry_on_timeout", "socket_keepalive", "client_name", "max_retries", "retry_policy",
      "lazyconnect", "maxretriesperrequest", "enablereadycheck", "enableofflinequeue", "keepalive", "confirm_publish",
      "connection_attempts", "retry_delay", "locale", "frame_max", "channel_max",
    ],
    wayOut: LEAVE_OUT,
  },
]; // prettier-ignore

/**
 * @throws ConfigError for the first query key that is not in `known`; it lists the known ones. It never shows a key that is
 * not a well-known option or close to one, because it may be a piece of a password.
 */
export function refuseUnknownQuery(uri: string, parsed: ParsedUri, known: readonly string[]): void {
  for (const [index, key] of [...parsed.query.keys()].entries()) {
    if (known.includes(key)) continue;
    const list = known.length === 0 ? "this scheme takes none" : `known: ${known.join(", ")}`;
    const [shown, wayOut] = explainKey(key, parsed.scheme, known);
    const what = shown === undefined ? `option ${index + 1} of the query is unknown` : `unknown option "${shown}"`;
    throw new ConfigError(
      `${what} in the URI ${redactUri(uri)} (${list})${wayOut === undefined ? "" : `: ${wayOut}`}`,
      { field: "uri" },
    );
  }
}

/** The key as it may be shown, and what to write instead. */
function explainKey(
  key: string,
  scheme: string,
  known: readonly string[],
): [shown: string | undefined, wayOut: string | undefined] {
  const other = OTHER_OPTIONS.find(({ keys }) => keys.includes(key.toLowerCase()));
  if (other === undefined) {
    const meant = nearest(key, known);
    return [undefined, meant === undefined ? undefined : `did you mean "${meant}"?`];
  }
  const own = known.find((each) => other.keys.includes(each));
  if (own !== undefined) return [key, `write "${own}"`];
  return [key, other.schemes?.test(scheme) === false ? LEAVE_OUT : other.wayOut];
}
