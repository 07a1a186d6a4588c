import { PublishError } from "@beatx/core";
import { broken, skipping } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";

export const brokenRefusals: readonly BrokenPublisher[] = [
  broken(
    "fails a whole batch because of one message",
    "a message that can never be sent does not hold back the others",
    (publisher) => ({
      publish: async (messages, context) => {
        const bad = messages.some(({ options }) => "colour" in options);
        return bad ? messages.map(() => new PublishError("no")) : publisher.publish(messages, context);
      },
    }),
  ),
  broken(
    "drops messages that cannot be sent and reports them as sent",
    "a message that can never be sent does not hold back the others",
    (publisher) => skipping(publisher, ({ options }) => "colour" in options),
  ),
  broken("returns errors first", "the answers are in the order of the messages", (publisher) => ({
    publish: async (messages, context) => {
      const answers = await publisher.publish(messages, context);
      return [...answers.filter(Boolean), ...answers.filter((answer) => !answer)];
    },
  })),
  broken(
    "rejects when no message can be sent",
    "a batch of messages that can never be sent returns an error for each",
    (publisher) => ({
      publish: async (messages, context) => {
        if (messages.length > 0 && messages.every(({ options }) => "colour" in options)) throw new PublishError("no");
        return publisher.publish(messages, context);
      },
    }),
  ),
  broken(
    "does not say that a wrong message was not sent",
    "a message that can never be sent is reported as certainly not sent",
    (publisher) => ({
      publish: async (messages, context) => {
        const answers = await publisher.publish(messages, context);
        return answers.map((answer) => answer && new PublishError(answer.message));
      },
    }),
  ),
  broken(
    "reports a message as sent that it refused before",
    "a refused message is refused again, and the entry's next revision is sent",
    (publisher) => {
      const refused = new Set<string>();
      return skipping(publisher, ({ id, options }) => "colour" in options && (refused.has(id) || !refused.add(id)));
    },
  ),
  broken(
    "refuses all later messages of the entry",
    "a refused message is refused again, and the entry's next revision is sent",
    (publisher) => {
      const refused = new Set<string>();
      return {
        publish: async (messages, context) => {
          for (const { entry, options } of messages) if ("colour" in options) refused.add(entry);
          const answers = await publisher.publish(messages, context);
          return answers.map((answer, index) =>
            refused.has(messages[index]!.entry) ? new PublishError("no") : answer,
          );
        },
      };
    },
  ),
];
