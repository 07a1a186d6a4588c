import type { Message } from "@beatx/core";
import { broken, changing } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import type { Flaw } from "./memory-broker.js";

/** Caches what it made of the first message, by a key of its own choice. */
function templating(keyOf: (message: Message) => unknown, take: (template: Message) => Partial<Message>): Flaw {
  return (publisher) => {
    const templates = new Map<unknown, Message>();
    return changing((message) => {
      const template = templates.get(keyOf(message)) ?? message;
      templates.set(keyOf(message), template);
      return { ...message, ...take(template) };
    })(publisher, undefined as never);
  };
}

export const brokenContents: readonly BrokenPublisher[] = [
  broken(
    "cuts instants to seconds",
    "a message arrives with its id, entry, task, instant and fence",
    changing((message) => ({ ...message, scheduledAt: Math.trunc(message.scheduledAt / 1000) * 1000 })),
  ),
  broken(
    "sends the fence as 32 bits",
    "a message arrives with its id, entry, task, instant and fence",
    changing((message) => ({ ...message, fence: message.fence | 0 })),
  ),
  broken(
    "turns numbers into texts",
    "args and kwargs arrive unchanged, however odd or deep",
    changing((message) => ({
      ...message,
      args: message.args.map((arg) => (typeof arg === "number" ? `${arg}` : arg)),
    })),
  ),
  broken(
    "trims names",
    "the names of entries and tasks arrive unchanged, however odd",
    changing((message) => ({ ...message, entry: message.entry.trim() })),
  ),
  broken(
    "writes names in ASCII",
    "the names of entries and tasks arrive unchanged, however odd",
    changing((message) => ({ ...message, task: message.task.replace(/[^ -~]/g, "?") })),
  ),
  broken(
    "takes the instant from the template",
    "messages that share a template keep their own id, instant and fence",
    templating(
      ({ templateKey }) => templateKey,
      ({ scheduledAt }) => ({ scheduledAt }),
    ),
  ),
  broken(
    "caches templates by the name of the entry",
    "a new revision of an entry is sent with its own contents, not those of the old one",
    templating(
      ({ entry }) => entry,
      ({ task, args, kwargs }) => ({ task, args, kwargs }),
    ),
  ),
  broken("writes into the messages", "a publisher does not change the messages that it is given", (publisher) => ({
    publish: (messages, context) => {
      for (const { options } of messages) {
        if (!Object.isFrozen(options)) (options as Record<string, unknown>)["sent"] = true;
      }
      return publisher.publish(messages, context);
    },
  })),
];
