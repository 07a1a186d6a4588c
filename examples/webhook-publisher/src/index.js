export { publisherProvider } from "./publisher-provider.js";
export { webhookPublisher } from "./webhook-publisher.js";
