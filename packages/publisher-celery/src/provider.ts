import type { Publisher, PublisherOptions, PublisherProvider } from "@beatx/core";
import { REDIS_SCHEMES } from "./address.js";
import { celeryRedisPublisher } from "./redis-publisher.js";

type OpenTransport = (uri: string, options: PublisherOptions) => Publisher;

const openRedis: OpenTransport = (uri, options) => celeryRedisPublisher({ ...options, uri });

/** The transports, by the scheme that names them. Each reads its own URI and options. */
const transports: ReadonlyMap<string, OpenTransport> = new Map(REDIS_SCHEMES.map((scheme) => [scheme, openRedis]));

/** What core finds for `celery+…:` URIs. */
export const publisherProvider: PublisherProvider = {
  schemes: [...transports.keys()],
  async open(uri, options = {}) {
    const scheme = uri.slice(0, uri.indexOf(":")).toLowerCase();
    // A scheme that is not ours gets the error of the Redis transport, which lists those that are.
    return (transports.get(scheme) ?? openRedis)(uri, options);
  },
};
