import {
  PUBLISHER_CONTRACT,
  type Clock,
  type Message,
  type OutboxWrite,
  type Publisher,
  type PublisherOutbox,
} from "@beatx/core";
import { PublishError } from "@beatx/core/adapter";
import { findBackend } from "./dummy-backend.js";

export interface DummyPublisherOptions {
  /** The backend's name, as in `dummyStore`: with the same one, queue and cursor move in one step. Default: its own. */
  readonly name?: string;
  /** The backend's clock. Default the system's, or the one the name already has. */
  readonly clock?: Clock;
  /** The list that messages are pushed onto, in database 0. Default `"messages"`. */
  readonly queue?: string;
}

/** A message as it lies in the queue: plain JSON. */
export type QueuedMessage = Omit<Message, "templateKey">;

export interface DummyPublisher extends Publisher {
  readonly outbox: PublisherOutbox;
  /** What lies in the queue, the oldest first, whichever way it came there. */
  messages(): readonly QueuedMessage[];
}

/** Pushes messages onto a list of a dummy backend: by `publish`, or through the store's outbox when both share one. */
export function dummyPublisher({ name, clock, queue = "messages" }: DummyPublisherOptions = {}): DummyPublisher {
  const backend = findBackend(name, clock);
  const writeFor = (message: Message): OutboxWrite => {
    const { templateKey: _, ...queued } = message;
    return { kind: "list-push", database: 0, key: queue, value: JSON.stringify(queued) };
  };
  const send = (message: Message, signal: AbortSignal): Error | undefined => {
    const write = writeFor(message);
    const refusal = signal.aborted ? "the batch's time is over" : backend.queues.refusalOf([write]);
    if (refusal !== undefined) {
      return new PublishError(`the message of ${JSON.stringify(message.entry)} was not sent: ${refusal}`);
    }
    backend.queues.push(write);
    return undefined;
  };
  return {
    contract: PUBLISHER_CONTRACT,
    name: "dummy",
    delivery: "at-least-once",
    outbox: {
      leaveMark: async () => {
        await backend.whenRunning();
        return backend.queues.leaveMark(0);
      },
      writesFor: (message) => [writeFor(message)],
    },
    publish: async (messages, { signal }) => {
      await backend.whenRunning();
      return messages.map((message) => send(message, signal));
    },
    messages: () => backend.queues.read(queue, 0).map((value) => JSON.parse(value) as QueuedMessage),
    close: async () => undefined,
  };
}
