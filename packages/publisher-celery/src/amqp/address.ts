import { ConfigError, parseUri, redactUri, refuseUnknownQuery } from "@beatx/core/adapter";
import type { ParsedUri } from "@beatx/core/adapter";

/** The parts of a URI of a broker that speaks AMQP 0-9-1. */
export interface AmqpAddress {
  /** The place, for messages: `amqp://host:port/vhost`. No password. */
  readonly label: string;
  readonly secure: boolean;
  /** Nodes of one cluster, tried in turn. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  readonly defaultQueue: string | undefined;
  /** As written; checked with the options of the same meaning. */
  readonly heartbeatMs: number | undefined;
  readonly queueMaxPriority: number | undefined;
  readonly createMissingQueues: boolean | undefined;
  readonly queueType: string | undefined;
  readonly overlapRedis: string | undefined;
}

export const AMQP_SCHEMES = ["celery+amqp", "celery+amqps", "celery+pyamqp"] as const;

const DEFAULT_PORT = 5672;
const DEFAULT_SECURE_PORT = 5671;
const known = [
  "default_queue",
  "heartbeat",
  "queue_max_priority",
  "queue_type",
  "create_missing_queues",
  "overlap_redis",
];

/** @throws ConfigError that names the URI (without its password) and the part that is wrong. */
export function readAmqpUri(uri: string): AmqpAddress {
  const parsed = parseUri(uri);
  if (!(AMQP_SCHEMES as readonly string[]).includes(parsed.scheme)) {
    throw wrong(uri, `"${parsed.scheme}:" is none of ${AMQP_SCHEMES.map((scheme) => `${scheme}:`).join(" ")}`);
  }
  refuseUnknownQuery(uri, parsed, known);
  if (parsed.hosts.length === 0)
    throw wrong(uri, "it names no host, as in celery+amqp://user:password@host:5672/vhost");
  const secure = parsed.scheme === "celery+amqps";
  const hosts = parsed.hosts.map(({ host, port = secure ? DEFAULT_SECURE_PORT : DEFAULT_PORT }) => ({ host, port }));
  // As in Celery: "//" or no path is the virtual host "/".
  const vhost = parsed.path.slice(1) || "/";
  return {
    label: `${secure ? "amqps" : "amqp"}://${hosts.map(showHost).join(",")}/${vhost}`,
    secure,
    hosts,
    username: parsed.username ?? "guest",
    password: parsed.password ?? "guest",
    vhost,
    ...readQuery(uri, parsed),
  };
}

function readQuery(
  uri: string,
  { query }: ParsedUri,
): Pick<
  AmqpAddress,
  "defaultQueue" | "heartbeatMs" | "queueMaxPriority" | "queueType" | "createMissingQueues" | "overlapRedis"
> {
  const readNumber = (key: string): number | undefined => {
    const text = query.get(key);
    if (text === undefined) return undefined;
    if (!/^\d{1,5}$/.test(text)) throw wrong(uri, `"${key}" is not a number: expected a whole number`);
    return Number(text);
  };
  const create = query.get("create_missing_queues");
  if (create !== undefined && !/^(true|false)$/i.test(create)) {
    throw wrong(uri, '"create_missing_queues" is neither true nor false');
  }
  const heartbeat = readNumber("heartbeat");
  return {
    defaultQueue: query.get("default_queue"),
    heartbeatMs: heartbeat === undefined ? undefined : heartbeat * 1000,
    queueMaxPriority: readNumber("queue_max_priority"),
    queueType: query.get("queue_type"),
    overlapRedis: query.get("overlap_redis"),
    createMissingQueues: create === undefined ? undefined : create.toLowerCase() === "true",
  };
}

function showHost({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function wrong(uri: string, reason: string): ConfigError {
  return new ConfigError(`cannot use the broker ${redactUri(uri)}: ${reason}`, { field: "publisher" });
}
