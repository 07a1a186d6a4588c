import type { Message, Publisher } from "@beatx/core";
import { celeryAmqpPublisher } from "@beatx/publisher-celery";
import type { CeleryAmqpOptions } from "@beatx/publisher-celery";
import { startRabbit, waitFor } from "@beatx/test-servers";
import type { RabbitServer } from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { drainQueue } from "./rabbit-queue.js";
import { sampleMessage } from "./sample-message.js";

export type FixtureOptions = Partial<Omit<CeleryAmqpOptions, "createMissingQueues">> & {
  readonly createMissingQueues?: boolean | undefined;
};

export interface AmqpFixture {
  readonly rabbit: RabbitServer;
  /**
   * On the fixture's broker; declares missing queues, unless `createMissingQueues` is `undefined`; with a deadline that no
   * test should reach; closed after the test.
   */
  openPublisher(options?: FixtureOptions): Publisher;
  /** Empties a queue and returns the ids of its messages. */
  idsIn(queue: string): Promise<string[]>;
}

/** A broker for the tests of a file. */
export function setUpRabbit(): AmqpFixture {
  let rabbit: RabbitServer | undefined;
  const publishers: Publisher[] = [];

  beforeAll(async () => {
    rabbit = await startRabbit();
  });
  afterEach(async () => {
    rabbit?.resume();
    await Promise.all(publishers.splice(0).map((publisher) => publisher.close()));
  });
  afterAll(() => rabbit?.stop());

  return {
    get rabbit() {
      return rabbit!;
    },
    openPublisher(options = {}) {
      const usual = { uri: `celery+${rabbit!.uri}`, createMissingQueues: true, publishTimeoutMs: 30_000 };
      const publisher = celeryAmqpPublisher({ ...usual, ...options } as CeleryAmqpOptions);
      publishers.push(publisher);
      return publisher;
    },
    async idsIn(queue) {
      const messages = await drainQueue(rabbit!.uri, queue);
      return messages.map(({ properties }) => properties.correlationId as string);
    },
  };
}

let count = 0;

/** A message of a new entry, for the queue `tests` unless the options say otherwise. */
export function nextMessage(options: Message["options"] = {}): Message {
  return sampleMessage({ entry: `entry-${(count += 1)}`, options: { queue: "tests", ...options } });
}

export function send(
  publisher: Publisher,
  messages: readonly Message[],
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly (Error | undefined)[]> {
  return publisher.publish(messages, { signal });
}

/** Sends it until it is taken: after an outage, or if a slow machine may miss a short deadline. */
export async function whenSent(publisher: Publisher, message: Message): Promise<void> {
  await waitFor("the message to be taken", async () => (await send(publisher, [message]))[0] === undefined);
}

export function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => expect.unreachable("it should have failed"),
    (error: Error) => error,
  );
}
