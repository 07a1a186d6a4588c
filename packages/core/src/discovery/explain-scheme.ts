import { isKnownScheme, knownSchemes, packageOf, type UriKind } from "../base/known-schemes.js";
import { nearest } from "../base/nearest.js";
import { redactUri } from "../base/redact-uri.js";

/** Schemes of Celery and of other clients, as they stand in a `broker_url`, and the schemes to write instead. */
const BROKERS: readonly (readonly [schemes: RegExp, celery: string, bullmq: string | undefined])[] = [
  [/^(redis|valkey)$/, "celery+redis", "bullmq+redis"],
  [/^(rediss|valkeys|redis\+ssl)$/, "celery+rediss", "bullmq+rediss"],
  [/^(redis\+(unix|socket)|unix)$/, "celery+redis+unix", undefined],
  [/^(redis-)?sentinel$/, "celery+redis-sentinel", undefined],
  [/^rediss-sentinel$/, "celery+rediss-sentinel", undefined],
  [/^(amqp|pyamqp|librabbitmq|rabbitmq|rabbit)$/, "celery+amqp", undefined],
  [/^amqps$/, "celery+amqps", undefined],
];

/** Schemes of publishers by other names of their server, or without it, and the schemes to write instead. */
const PUBLISHERS: readonly (readonly [schemes: RegExp, publishers: Readonly<Record<string, string>>])[] = [
  [/^celery$/, { "celery+redis": " for Redis", "celery+amqp": " for RabbitMQ" }],
  [/^celery\+(rabbitmq|rabbit|librabbitmq)$/, { "celery+amqp": "" }],
  [/^celery\+valkey$/, { "celery+redis": "" }],
  [/^celery\+(valkeys|redis\+(ssl|tls))$/, { "celery+rediss": "" }],
  [/^(bullmq|bull|bull\+redis|bullmq\+valkey)$/, { "bullmq+redis": "" }],
  [/^(bull\+rediss|bullmq\+(valkeys|redis\+(ssl|tls)))$/, { "bullmq+rediss": "" }],
];
const BULLMQ_ON_SEVERAL = /^bullmq\+([a-z]+-)?(sentinel|cluster)$/;

/** Schemes of other clients for servers that can be a store, and the schemes to write instead. */
const SERVERS: readonly (readonly [schemes: RegExp, store: string])[] = [
  [/^(redis\+|valkey-)?sentinel$/, "redis-sentinel://one:26379,two:26379/main/0, with the master's name as the path"],
  [/^valkey-cluster$/, "redis-cluster://one:6379,two:6379"],
  [/^(keydb|dragonfly)$/, "redis://host:6379/0"],
  [/^redis\+(ssl|tls)$/, "rediss://host:6379/0"],
  [/^(valkey\+)?unix$/, "redis+unix:///path/to/redis.sock"],
  [/^(memcache|cache)$/, "memcached://host:11211"],
  [/^(file|mdb)$/, "lmdb:./folder"],
];

/** What to write instead of a scheme to which nothing answers, as one or more sentences. */
export function explainScheme(kind: UriKind, scheme: string, uri: string): string {
  return (
    explainBroker(kind, scheme, uri) ??
    explainPublisher(kind, scheme, uri) ??
    explainServer(kind, scheme) ??
    explainOtherKind(kind, scheme) ??
    explainTypo(kind, scheme)
  );
}

/** The URI of a broker where a publisher is expected. Which workers read it is not certain, so it does not simply work. */
function explainBroker(kind: UriKind, scheme: string, uri: string): string | undefined {
  const [, celery, bullmq] = BROKERS.find(([schemes]) => schemes.test(scheme)) ?? [];
  if (kind !== "publisher" || celery === undefined) return undefined;
  const rest = redactUri(uri).slice(scheme.length);
  const forms = celery.endsWith("sentinel")
    ? `${celery}://one:26379,two:26379/main/0 for Celery workers, with the master's name as the path`
    : `${celery}${rest.startsWith("://") ? rest : "://…"} for Celery workers`;
  const others = bullmq === undefined ? "" : `, ${bullmq}${rest.startsWith("://") ? rest : "://…"} for BullMQ`;
  return `A publisher's scheme names the workers, too: write ${forms}${others}`;
}

function explainPublisher(kind: UriKind, scheme: string, uri: string): string | undefined {
  if (kind !== "publisher") return undefined;
  if (BULLMQ_ON_SEVERAL.test(scheme)) {
    return "A URI of BullMQ names one server: for Sentinel or Cluster pass bullmqPublisher({ connection }) as the publisher, with options of ioredis or a client of your own";
  }
  const rest = redactUri(uri).slice(scheme.length);
  const shown = rest.startsWith("://") ? rest : "://…";
  const forms = Object.entries(PUBLISHERS.find(([schemes]) => schemes.test(scheme))?.[1] ?? {});
  return forms.length === 0 ? undefined : `Write ${forms.map(([form, what]) => `${form}${shown}${what}`).join(", ")}`;
}

function explainServer(kind: UriKind, scheme: string): string | undefined {
  const store = SERVERS.find(([schemes]) => schemes.test(scheme))?.[1];
  return kind === "store" && store !== undefined ? `Write ${store}` : undefined;
}

/** The scheme of a store where a publisher is expected, or the other way round. */
function explainOtherKind(kind: UriKind, scheme: string): string | undefined {
  const other = kind === "store" ? "publisher" : "store";
  if (packageOf(other, scheme) === undefined) return undefined;
  const server = scheme.slice(scheme.indexOf("+") + 1);
  const store = [server, `redis-${server}`].find((each) => packageOf("store", each) !== undefined);
  const hint = kind === "store" && store !== undefined ? `Write ${store}: for the same server. ` : "";
  return `That is the scheme of a ${other}. ${hint}${listSchemes(kind)}`;
}

function explainTypo(kind: UriKind, scheme: string): string {
  const meant = nearest(scheme, knownSchemes(kind));
  return `${meant === undefined ? "" : `Did you mean ${meant}:? `}${listSchemes(kind)}`;
}

function listSchemes(kind: UriKind): string {
  const schemes = knownSchemes(kind).map((scheme) => `${scheme}:`);
  return `The schemes of a ${kind} are ${schemes.join(" ")}; for others pass a provider in \`${kind}s\``;
}

/**
 * The scheme in quotes, or other words for it. A text without `//` may be a URI without a scheme, whose first part is a
 * user or password, unless it is near to a known scheme.
 */
export function showScheme(kind: UriKind, scheme: string, uri: string): string {
  const isScheme =
    isKnownScheme(scheme) || /^[^:]+:\/\//.test(uri) || nearest(scheme, knownSchemes(kind)) !== undefined;
  return isScheme ? `"${scheme}:"` : 'the text before the first ":"';
}
