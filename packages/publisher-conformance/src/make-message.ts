import { randomUUID } from "node:crypto";
import { systemClock, type JsonValue, type Message } from "@beatx/core";

/** Makes the messages of one namespace, each of a new entry unless `changes` name one. */
export function messageMaker(namespace: string): (changes?: Partial<Message>) => Message {
  let count = 0;
  return (changes = {}) => {
    count += 1;
    const message: Message = {
      id: randomUUID(),
      entry: `${namespace} ${count}`,
      task: "tasks.echo",
      args: [],
      kwargs: {},
      options: {},
      scheduledAt: Math.trunc(systemClock.now()) - 1000,
      requested: false,
      expiresAt: null,
      fence: 42,
      coalesced: 0,
      namespace,
      templateKey: {},
      ...changes,
    };
    freeze(message.args);
    freeze(message.kwargs);
    freeze(message.options);
    return Object.freeze(message);
  };
}

function freeze(value: JsonValue): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values<JsonValue>(value)) freeze(inner);
}
