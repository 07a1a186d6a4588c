import type { Message } from "@beatx/core";
import { broken, changing } from "./broken-publisher.js";
import type { BrokenPublisher } from "./broken-publisher.js";
import type { Flaw } from "./memory-broker.js";

/** Keeps what it made of the first message, under a key of its own choice. */
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
    "id, entry, task, instant and fence go along with a message",
    changing((message) => ({ ...message, scheduledAt: Math.trunc(message.scheduledAt / 1000) * 1000 })),
  ),
  broken(
    "sends the fence as 32 bits",
    "id, entry, task, instant and fence go along with a message",
    changing((message) => ({ ...message, fence: message.fence | 0 })),
  ),
  broken(
    "makes texts of numbers",
    "args and kwargs arrive as they were given, however odd or deep",
    changing((message) => ({
      ...message,
      args: message.args.map((arg) => (typeof arg === "number" ? `${arg}` : arg)),
    })),
  ),
  broken(
    "trims names",
    "entries and tasks of any name arrive under it",
    changing((message) => ({ ...message, entry: message.entry.trim() })),
  ),
  broken(
    "writes names in ASCII",
    "entries and tasks of any name arrive under it",
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
    "keeps a template by the name of the entry",
    "a new revision of an entry is sent as it is, not as the one before it",
    templating(
      ({ entry }) => entry,
      ({ task, args, kwargs }) => ({ task, args, kwargs }),
    ),
  ),
  broken("writes into what it is given", "the messages that were given are left as they are", (publisher) => ({
    publish: (messages, context) => {
      for (const { options } of messages) {
        if (!Object.isFrozen(options)) (options as Record<string, unknown>)["sent"] = true;
      }
      return publisher.publish(messages, context);
    },
  })),
];
