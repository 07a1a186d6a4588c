import type { Message, Publisher } from "@beatx/core";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { startCeleryWorker, startRedis, waitFor } from "@beatx/test-servers";
import type { CeleryWorker, RedisServer } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSettings } from "../src/redis/settings.js";
import { createUnreadQueues } from "../src/redis/unread-queues.js";
import { sampleMessage, stoppedClock } from "./sample-message.js";

const signal = new AbortController().signal;
/** The example of Celery's guide to routing. */
const transportOptions = {
  sep: ":",
  priority_steps: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  queue_order_strategy: "priority",
};
const priorities = [9, 5, 4, 1, 0];

let redis: RedisServer;
let worker: CeleryWorker;
const publishers: Publisher[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const [broker, record] = [`${redis.uri}/1`, `${redis.uri}/15`];
  worker = await startCeleryWorker({ broker, record, queues: ["celery", "mail"], transportOptions });
});

afterAll(async () => {
  await Promise.all(publishers.map((publisher) => publisher.close()));
  await worker?.stop();
  await redis?.stop();
});

type Naming = Parameters<typeof celeryRedisPublisher>[0];

function open(options: Naming = { transportOptions }, query = ""): Publisher {
  const publisher = celeryRedisPublisher({ uri: `celery+${redis.uri}/1${query}`, ...options });
  publishers.push(publisher);
  return publisher;
}

let count = 0;
const occurrence = (options: Message["options"]): Message =>
  sampleMessage({ entry: `entry-${(count += 1)}`, scheduledAt: Date.now(), options });

async function whenReceived(messages: readonly Message[]): Promise<void> {
  const ids = messages.map(({ id }) => id);
  await waitFor("the executions", async () => {
    const received = new Set((await worker.received()).map(({ id }) => id));
    return ids.every((id) => received.has(id));
  });
}

describe("a real Celery worker with sep and priority_steps of its own", () => {
  it.each<[string, Naming, string]>([
    ["as Celery's broker_transport_options", { transportOptions }, ""],
    ["as options", { sep: ":", prioritySteps: transportOptions.priority_steps }, ""],
    ["in the URI", {}, "?sep=:&priority_steps=0,1,2,3,4,5,6,7,8,9"],
  ])("gets every priority from a publisher that has them %s", async (_how, options, query) => {
    const messages = priorities.map((priority) => occurrence({ priority }));
    expect(await open(options, query).publish(messages, { signal })).toEqual(messages.map(() => undefined));
    await whenReceived(messages);
  });

  it("gets every priority that a store pushes together with the cursor", async () => {
    const messages = priorities.map((priority) => occurrence({ priority, queue: "mail" }));
    const writes = messages.flatMap((message) => open().outbox!.writesFor(message));
    for (const { database, key, value } of writes) await redis.cli("-n", String(database), "LPUSH", key, value);
    await whenReceived(messages);
  });

  it("takes the priorities in their order, and reaches a queue over an exchange that it declared", async () => {
    await redis.cli("-n", "1", "SADD", "_kombu.binding.shop", ["order.#", "^order\\..*?$", "ranked"].join(":"));
    const options = { exchange: "shop", routing_key: "order.new" };
    const messages = priorities.map((priority) => occurrence({ priority, ...options }));
    expect(await open().publish(messages, { signal })).toEqual(messages.map(() => undefined));
    const [broker, record] = [`${redis.uri}/1`, `${redis.uri}/15`];
    const other = await startCeleryWorker({ broker, record, key: "ranked", queues: ["ranked"], transportOptions });
    try {
      const records = await other.waitForReceived(priorities.length);
      expect(records.map(({ priority }) => priority)).toEqual(priorities.toReversed());
    } finally {
      await other.stop();
    }
  });

  it("does not get an occurrence twice: the queue remembers it", async () => {
    const message = occurrence({ priority: 7 });
    const publisher = open();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await publisher.publish([message], { signal })).toEqual([undefined]);
    }
    const last = occurrence({ priority: 7 });
    await publisher.publish([last], { signal });
    await whenReceived([message, last]);
    expect((await worker.received()).filter(({ id }) => id === message.id)).toHaveLength(1);
  });

  it("never reads a priority under kombu's own names, and the look at the queues says so", async () => {
    let minutes = 0;
    const clock = { ...stoppedClock(0), monotonicMs: () => minutes * 60_000 };
    const publisher = open({ clock });
    const messages = [occurrence({ priority: 5 }), occurrence({})];
    await publisher.publish(messages, { signal });
    await whenReceived(messages.slice(1));
    expect(await publisher.checkHealth!({ signal })).toEqual([]);
    minutes = 5;
    const expected = /1 message waits in the list "celery\\u0006\\u00163".*no worker has taken any for 5 minutes/;
    expect(await publisher.checkHealth!({ signal })).toEqual([expect.stringMatching(expected)]);
  });

  it("is named by its list, too, if a store pushed the message", async () => {
    let minutes = 0;
    const clock = { ...stoppedClock(0), monotonicMs: () => minutes * 60_000 };
    const publisher = open({ clock });
    const [write] = publisher.outbox!.writesFor(occurrence({ priority: 9, queue: "mail" }));
    await redis.cli("-n", "1", "LPUSH", write!.key, write!.value);
    expect(await publisher.checkHealth!({ signal })).toEqual([]);
    minutes = 7;
    expect(await publisher.checkHealth!({ signal })).toEqual([
      expect.stringMatching(/in the list "mail\\u0006\\u00169".*for 7 minutes/),
    ]);
  });

  it("is no reason for a warning to a user that may not look", async () => {
    await redis.cli("acl", "setuser", "blind", "on", ">pw", "~*", "+@all", "-lindex");
    const uri = `celery+redis://blind:pw@127.0.0.1:${redis.port}/1`;
    const { connection, naming } = readSettings({ uri });
    const unread = createUnreadQueues(connection, naming, stoppedClock(0));
    unread.noteWrite("celery\x06\x163");
    expect(await unread.check(signal)).toEqual([]);
    await connection.close();
  });
});
