import type { PublisherProvider } from "@beatx/core/adapter";
import { SCHEMES } from "./address.js";
import { bullmqPublisher } from "./bullmq-publisher.js";

/** Opens `bullmq+…:` URIs for core. */
export const publisherProvider: PublisherProvider = {
  schemes: SCHEMES,
  async open(uri, options = {}) {
    return bullmqPublisher({ ...options, uri });
  },
};
