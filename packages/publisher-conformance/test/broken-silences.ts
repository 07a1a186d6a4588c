import { PublishError } from "@beatx/core";
import { broken } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import { ADDRESS, SECRET } from "./memory-broker.js";

const NAMED = "the error for a broker that does not answer names its address, and never the password";
const CALLED_OFF = "a batch that is called off while the broker does not answer rejects with the broker's address";
const HEALTH = "a health check of a broker that does not answer rejects with its address";

export const brokenSilences: readonly BrokenPublisher[] = [
  broken("does not say which broker is silent", NAMED, (publisher, broker) => ({
    publish: async (messages, context) => {
      if (broker.isSilent) throw new PublishError("no answer within 50 ms");
      return publisher.publish(messages, context);
    },
  })),
  broken("shows its password when the broker is silent", NAMED, (publisher, broker) => ({
    publish: async (messages, context) => {
      if (!broker.isSilent) return publisher.publish(messages, context);
      const cause = new Error(`no answer to AUTH ${SECRET}`);
      throw new PublishError(`the broker at ${ADDRESS} did not answer`, { cause });
    },
  })),
  broken("says only that a batch was called off", CALLED_OFF, (publisher, broker) => ({
    publish: async (messages, context) => {
      const answers = await publisher.publish(messages, context);
      return broker.isSilent ? messages.map(() => new PublishError("the send was called off")) : answers;
    },
  })),
  broken("finds a silent broker healthy", HEALTH, () => ({ checkHealth: () => Promise.resolve([]) })),
];
