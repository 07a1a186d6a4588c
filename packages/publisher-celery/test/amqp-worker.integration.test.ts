import { randomUUID } from "node:crypto";
import type { Message, Publisher } from "@beatx/core";
import { celeryAmqpPublisher } from "@beatx/publisher-celery";
import { startCeleryWorker, startRabbit, startRedis, waitFor } from "@beatx/test-servers";
import type { CeleryRecord, CeleryWorker, RabbitServer, RedisServer } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drainQueue, onChannel } from "./rabbit-queue.js";
import { sampleMessage } from "./sample-message.js";

let redis: RedisServer;
let rabbit: RabbitServer;
let worker: CeleryWorker;
let publisher: Publisher;

beforeAll(async () => {
  [redis, rabbit] = await Promise.all([startRedis(), startRabbit()]);
  worker = await startCeleryWorker({ broker: rabbit.uri, record: `${redis.uri}/15`, queues: ["celery", "mail"] });
  const options = { createMissingQueues: true, publishTimeoutMs: 30_000 };
  publisher = celeryAmqpPublisher({ uri: `celery+${rabbit.uri}`, ...options });
});

afterAll(async () => {
  await publisher?.close();
  await worker?.stop();
  await rabbit?.stop();
  await redis?.stop();
});

const open = (): AbortSignal => new AbortController().signal;

async function send(...messages: Message[]): Promise<void> {
  expect(await publisher.publish(messages, { signal: open() })).toEqual(messages.map(() => undefined));
}

function whenReceived(id: string, by = worker): Promise<CeleryRecord> {
  return waitFor(`the execution of ${id}`, async () => (await by.received()).find((record) => record.id === id));
}

/** Celery's timer uses another clock. */
const TIMER_MS = 20;

let count = 0;
const occurrence = (changes: Partial<Message> = {}): Message =>
  sampleMessage({ entry: `entry-${(count += 1)}`, scheduledAt: Date.now(), ...changes });

describe("a real Celery worker on RabbitMQ", () => {
  it("runs the task with its arguments, id and headers", async () => {
    const fence = Date.now();
    const message = occurrence({
      fence,
      args: ["é", null, true, 2.5, { nested: [1] }],
      kwargs: { ключ: "😀", n: 1 },
      options: {
        headers: { "x-trace": "abc", "x-numbers": [-1, 2 ** 31, 0.5, { "!": 7 }] },
        time_limit: 30,
        soft_time_limit: 20,
        shadow: "nice-name",
      },
    });
    await send(message);
    expect(await whenReceived(message.id)).toMatchObject({
      task: "tasks.echo",
      args: message.args,
      kwargs: message.kwargs,
      root_id: message.id,
      correlation_id: message.id,
      parent_id: null,
      retries: 0,
      eta: null,
      expires: null,
      timelimit: [30, 20],
      shadow: "nice-name",
      argsrepr: "['é', None, True, 2.5, {'nested': [1]}]",
      kwargsrepr: "{'ключ': '😀', 'n': 1}",
      exchange: "",
      routing_key: "celery",
      priority: 0,
      headers: {
        "x-trace": "abc",
        "x-numbers": [-1, 2 ** 31, 0.5, { "!": 7 }],
        "beatx-entry": message.entry,
        "beatx-scheduled-at": new Date(message.scheduledAt).toISOString(),
        "beatx-fence": fence,
      },
    });
  });

  it("runs every message of an entry, each with its own values", async () => {
    const templateKey = {};
    const messages = [1, 2, 3].map((fence) => occurrence({ entry: "same", templateKey, fence, scheduledAt: fence }));
    await send(...messages);
    for (const message of messages) {
      const headers = { "beatx-fence": message.fence, "beatx-scheduled-at": new Date(message.fence).toISOString() };
      expect(await whenReceived(message.id)).toMatchObject({ root_id: message.id, headers });
    }
  });

  it("reads a compressed message, also a long one", async () => {
    const args = ["x".repeat(300_000), randomUUID()];
    const [plain, compressed] = [occurrence({ args }), occurrence({ args, options: { compression: "gzip" } })];
    await send(plain, compressed);
    expect((await whenReceived(plain.id)).args).toEqual(args);
    expect((await whenReceived(compressed.id)).args).toEqual(args);
  });

  it("calls the linked task with the result", async () => {
    const done = `done-${randomUUID()}`;
    const link = { task: "tasks.echo", args: [done], options: { task_id: done } };
    await send(occurrence({ task: "tasks.add", args: [20, 22], options: { link, queue: "mail" } }));
    expect((await whenReceived(done)).args).toEqual([42, done]);
  });

  it("waits for the eta and the countdown", async () => {
    const eta = Date.now() + 1_500;
    const dated = occurrence({ options: { eta: new Date(eta).toISOString() } });
    const counted = occurrence({ options: { countdown: 1.5 } });
    const sentAt = Date.now();
    await send(dated, counted);
    const record = await whenReceived(dated.id);
    expect(record.received_at * 1000).toBeGreaterThan(eta - TIMER_MS);
    expect(Date.parse(record.eta!)).toBe(eta);
    expect((await whenReceived(counted.id)).received_at * 1000).toBeGreaterThan(sentAt + 1_500 - TIMER_MS);
  });

  it("does not run an expired task, and takes an expiry that RabbitMQ alone would refuse", async () => {
    const past = Date.now() - 1_000;
    const expired = [
      occurrence({ options: { expires: new Date(past).toISOString() } }),
      occurrence({ expiresAt: past, options: { expires: 3600 } }),
    ];
    const farAway = occurrence({ options: { expires: 60 * 86_400 } });
    const fresh = occurrence({ expiresAt: Date.now() + 3_600_000 });
    await send(...expired, farAway, fresh);
    expect(Date.parse((await whenReceived(fresh.id)).expires!)).toBe(fresh.expiresAt);
    expect(Date.parse((await whenReceived(farAway.id)).expires!)).toBeGreaterThan(Date.now() + 59 * 86_400_000);
    const ran = (await worker.received()).map(({ id }) => id);
    expect(expired.filter(({ id }) => ran.includes(id))).toEqual([]);
  });

  it("is reached over a topic exchange", async () => {
    await onChannel(rabbit.uri, async (channel) => {
      await channel.assertExchange("shop", "topic", { durable: true });
      await channel.bindQueue("mail", "shop", "order.#");
    });
    const message = occurrence({ options: { exchange: "shop", routing_key: "order.new" } });
    await send(message);
    expect(await whenReceived(message.id)).toMatchObject({ exchange: "shop", routing_key: "order.new" });
  });

  it("takes priority 9 first from queues that it declared with priorities", async () => {
    const worker = { broker: rabbit.uri, record: `${redis.uri}/15`, queues: ["ranked"], maxPriority: 10 };
    await (await startCeleryWorker({ ...worker, key: "declares" })).stop();
    const uri = `celery+${rabbit.uri}?queue_max_priority=10`;
    const ranked = celeryAmqpPublisher({ uri, publishTimeoutMs: 30_000 });
    const priorities = [0, 3, 9, 6];
    const messages = priorities.map((priority) => occurrence({ options: { priority, queue: "ranked" } }));
    expect(await ranked.publish(messages, { signal: open() })).toEqual(messages.map(() => undefined));
    await ranked.close();
    const other = await startCeleryWorker({ ...worker, key: "ranked" });
    try {
      const records = await other.waitForReceived(4);
      expect(records.map((record) => record.priority)).toEqual([9, 6, 3, 0]);
    } finally {
      await other.stop();
    }
  });
});

describe("a message in RabbitMQ", () => {
  it("outlives the broker, unless it is transient", async () => {
    const uri = rabbit.uri;
    const messages = [2, 1].map((mode) => occurrence({ options: { queue: "kept", delivery_mode: mode } }));
    await send(...messages);
    const found = await drainQueue(uri, "kept");
    expect(
      found.map(({ properties }) => [properties.correlationId as string, properties.deliveryMode as number]),
    ).toEqual(messages.map(({ id }, index) => [id, index === 0 ? 2 : 1]));
  });
});
