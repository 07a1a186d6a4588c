// @ts-check
import { webhookPublisher } from "./webhook-publisher.js";

/**
 * Opens `webhook+https://jobs.example/run`. The URL of the endpoint follows `webhook+`.
 *
 * @type {import("@beatx/core/adapter").PublisherProvider}
 */
export const publisherProvider = {
  schemes: ["webhook+http", "webhook+https"],
  async open(uri, options = {}) {
    return webhookPublisher({ ...options, url: uri.replace(/^webhook\+/i, "") });
  },
};
