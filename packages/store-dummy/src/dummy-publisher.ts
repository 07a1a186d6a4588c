import type { Clock, Message, Publisher } from "@beatx/core";
import {
  OverlapError,
  type OutboxWrite,
  PUBLISHER_CONTRACT,
  type PublisherOutbox,
  PublishError,
} from "@beatx/core/adapter";
import { findBackend } from "./dummy-backend.js";

export interface DummyPublisherOptions {
  /** The backend's name. With that of a `dummyStore`, message and cursor move in one step. Default: a backend of its own. */
  readonly name?: string;
  /** The backend's clock. Default: the one that the name already has, else the system's. */
  readonly clock?: Clock;
  /** The list for messages, in database 0. Default `"messages"`. */
  readonly queue?: string;
}

/** A message in the queue: plain JSON. */
export type QueuedMessage = Omit<Message, "templateKey">;

export interface DummyPublisher extends Publisher {
  readonly outbox: PublisherOutbox;
  /** All messages in the queue, the oldest first: published ones and those of the outbox. */
  messages(): readonly QueuedMessage[];
  /** The run of the message with this id has ended: an entry with `overlap` may send its next one. */
  endRun(id: string): void;
}

function writeFor(message: Message, queue: string): OutboxWrite {
  const { templateKey: _, ...queued } = message;
  const write = { kind: "list-push", database: 0, key: queue, value: JSON.stringify(queued) } as const;
  const { overlap, id, namespace, entry } = message;
  if (!overlap) return write;
  return { ...write, unlessHeld: { key: `${namespace} ${entry}`, value: id, ttlMs: overlap.ttlMs } };
}

/** Pushes messages onto a list of a dummy backend: by `publish`, or through the outbox of a store with the same name. */
export function dummyPublisher({ name, clock, queue = "messages" }: DummyPublisherOptions = {}): DummyPublisher {
  const backend = findBackend(name, clock);
  const send = (message: Message, signal: AbortSignal): Error | undefined => {
    const write = writeFor(message, queue);
    const refusal = signal.aborted ? "the batch's time has run out" : backend.queues.refusalOf([write]);
    if (refusal !== undefined) {
      const words = `the message of ${JSON.stringify(message.entry)} was not sent: ${refusal}`;
      return new PublishError(words, { notSent: true });
    }
    if (backend.queues.isHeld([write])) return new OverlapError();
    backend.queues.push(write);
    return undefined;
  };
  return {
    contract: PUBLISHER_CONTRACT,
    name: "dummy",
    delivery: "at-least-once",
    skipsOverlap: true,
    outbox: {
      leaveMark: async () => {
        await backend.whenRunning();
        return backend.queues.leaveMark(0);
      },
      writesFor: (message) => [writeFor(message, queue)],
    },
    publish: async (messages, { signal }) => {
      await backend.whenRunning();
      return messages.map((message) => send(message, signal));
    },
    messages: () => backend.queues.read(queue, 0).map((value) => JSON.parse(value) as QueuedMessage),
    endRun: (id) => backend.queues.release(id),
    close: async () => undefined,
  };
}
