// @ts-check
import { webhookPublisher } from "./webhook-publisher.js";

/**
 * Opens `webhook+https://jobs.example/run`: the rest of the URI is the endpoint's URL.
 *
 * @type {import("@beatx/core").PublisherProvider}
 */
export const publisherProvider = {
  schemes: ["webhook+http", "webhook+https"],
  async open(uri, options = {}) {
    return webhookPublisher({ ...options, url: uri.replace(/^webhook\+/i, "") });
  },
};
