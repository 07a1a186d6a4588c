import type { Publisher, PublisherOptions } from "@beatx/core";
import { ConfigError, type PublisherProvider, redactUri } from "@beatx/core/adapter";
import { REDIS_SCHEMES } from "./redis/address.js";
import { AMQP_SCHEMES } from "./amqp/address.js";
import { celeryAmqpPublisher } from "./amqp/publisher.js";
import { celeryRedisPublisher } from "./redis/publisher.js";

type OpenTransport = (uri: string, options: PublisherOptions) => Publisher;

const openRedis: OpenTransport = (uri, options) => celeryRedisPublisher({ ...options, uri });
const openAmqp: OpenTransport = (uri, options) => celeryAmqpPublisher({ ...options, uri });

/** The transports, by scheme. Each reads its own URI and options. */
const transports: ReadonlyMap<string, OpenTransport> = new Map<string, OpenTransport>([
  ...REDIS_SCHEMES.map((scheme) => [scheme, openRedis] as const),
  ...AMQP_SCHEMES.map((scheme) => [scheme, openAmqp] as const),
]);

/** Opens `celery+…:` URIs for core. */
export const publisherProvider: PublisherProvider = {
  schemes: [...transports.keys()],
  async open(uri, options = {}) {
    const scheme = uri.slice(0, uri.indexOf(":")).toLowerCase();
    const openTransport = transports.get(scheme);
    if (openTransport) return openTransport(uri, options);
    const schemes = [...transports.keys()].map((known) => `${known}:`).join(" ");
    throw new ConfigError(`cannot use the broker ${redactUri(uri)}: its scheme is none of ${schemes}`, {
      field: "publisher",
    });
  },
};
