import type { PublisherProvider } from "@beatx/core";
import { SCHEMES } from "./address.js";
import { bullmqPublisher } from "./bullmq-publisher.js";

/** What core finds for `bullmq+…:` URIs. */
export const publisherProvider: PublisherProvider = {
  schemes: SCHEMES,
  async open(uri, options = {}) {
    return bullmqPublisher({ ...options, uri });
  },
};
