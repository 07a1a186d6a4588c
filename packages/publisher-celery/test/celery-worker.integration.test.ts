import { randomUUID } from "node:crypto";
import type { Message, Publisher } from "@beatx/core";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { startCeleryWorker, startRedis, waitFor } from "@beatx/test-servers";
import type { CeleryRecord, CeleryWorker, RedisServer } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

let redis: RedisServer;
let worker: CeleryWorker;
let publisher: Publisher;

beforeAll(async () => {
  redis = await startRedis();
  const [broker, record] = [`${redis.uri}/1`, `${redis.uri}/15`];
  worker = await startCeleryWorker({ broker, record, queues: ["celery", "mail", "orders"] });
  publisher = celeryRedisPublisher({ uri: `celery+${redis.uri}/1` });
});

afterAll(async () => {
  await publisher?.close();
  await worker?.stop();
  await redis?.stop();
});

async function send(...messages: Message[]): Promise<void> {
  const answers = await publisher.publish(messages, { signal: new AbortController().signal });
  expect(answers).toEqual(messages.map(() => undefined));
}

/** By the outbox, as a store pushes together with the cursor. */
async function sendByOutbox(message: Message): Promise<void> {
  for (const { database, key, value } of publisher.outbox!.writesFor(message)) {
    await redis.cli("-n", String(database), "LPUSH", key, value);
  }
}

function whenReceived(id: string): Promise<CeleryRecord> {
  return waitFor(`the execution of ${id}`, async () => (await worker.received()).find((record) => record.id === id));
}

/** Celery's timer uses another clock. */
const TIMER_MS = 20;

let count = 0;
const occurrence = (changes: Partial<Message> = {}): Message =>
  sampleMessage({ entry: `entry-${(count += 1)}`, scheduledAt: Date.now(), ...changes });

describe("a real Celery worker", () => {
  it("runs the task with its arguments, id and headers", async () => {
    const message = occurrence({
      args: ["é", null, true, 2.5, { nested: [1] }],
      kwargs: { ключ: "😀", n: 1 },
      options: { headers: { "x-trace": "abc" }, time_limit: 30, soft_time_limit: 20, shadow: "nice-name" },
    });
    await send(message);
    const record = await whenReceived(message.id);
    expect(record).toMatchObject({
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
        "beatx-entry": message.entry,
        "beatx-scheduled-at": new Date(message.scheduledAt).toISOString(),
        "beatx-fence": 42,
      },
    });
  });

  it("runs a task that a store pushed", async () => {
    const message = occurrence({ task: "tasks.add", args: [2, 3], options: { queue: "mail", priority: 4 } });
    await sendByOutbox(message);
    expect(await whenReceived(message.id)).toMatchObject({ result: 5, routing_key: "mail", priority: 4 });
  });

  it("reads a compressed message", async () => {
    const message = occurrence({ args: ["x".repeat(5000)], options: { compression: "gzip" } });
    await send(message);
    expect((await whenReceived(message.id)).args).toEqual(message.args);
  });

  it("calls the linked task with the result", async () => {
    const done = `done-${randomUUID()}`;
    const link = { task: "tasks.echo", args: [done], options: { task_id: done } };
    await send(occurrence({ task: "tasks.add", args: [20, 22], options: { link } }));
    expect((await whenReceived(done)).args).toEqual([42, done]);
  });

  it("waits for the eta and the countdown", async () => {
    const eta = Date.now() + 1_500;
    const [dated, counted] = [
      occurrence({ options: { eta: new Date(eta).toISOString() } }),
      occurrence({ options: { countdown: 1.5 } }),
    ];
    const sentAt = Date.now();
    await send(dated, counted);
    const record = await whenReceived(dated.id);
    expect(record.received_at * 1000).toBeGreaterThan(eta - TIMER_MS);
    expect(Date.parse(record.eta!)).toBe(eta);
    expect((await whenReceived(counted.id)).received_at * 1000).toBeGreaterThan(sentAt + 1_500 - TIMER_MS);
  });

  it("does not run a task that has expired, by the option or by the entry's policy", async () => {
    const past = Date.now() - 1_000;
    const expired = [
      occurrence({ options: { expires: new Date(past).toISOString() } }),
      occurrence({ expiresAt: past, options: { expires: 3600 } }),
    ];
    const fresh = occurrence({ expiresAt: Date.now() + 3_600_000 });
    await send(...expired, fresh);
    expect(Date.parse((await whenReceived(fresh.id)).expires!)).toBe(fresh.expiresAt);
    const events = await worker.events();
    const revoked = events.filter(({ event }) => event === "expired").map(({ id }) => id);
    expect(revoked).toEqual(expect.arrayContaining(expired.map(({ id }) => id)));
    const ran = (await worker.received()).map(({ id }) => id);
    expect(expired.filter(({ id }) => ran.includes(id))).toEqual([]);
  });

  it("is reached over an exchange that it declared, directly or by the outbox", async () => {
    // The row that kombu writes for Queue("orders", Exchange("shop", "topic"), routing_key="order.#").
    const row = "order.#\x06\x16^order\\..*?$\x06\x16orders";
    await redis.cli("-n", "1", "SADD", "_kombu.binding.shop", row);
    const options = { exchange: "shop", routing_key: "order.new" };
    const [first, second] = [occurrence({ options }), occurrence({ options })];
    await send(first);
    expect(await whenReceived(first.id)).toMatchObject({ exchange: "shop", routing_key: "order.new" });
    await sendByOutbox(second);
    expect(await whenReceived(second.id)).toMatchObject({ exchange: "shop", routing_key: "order.new" });
  });

  it("takes priority 0 first and 9 last", async () => {
    const priorities = [9, 6, 3, 0];
    const messages = priorities.map((priority) => occurrence({ options: { priority, queue: "ranked" } }));
    await send(...messages);
    const broker = `${redis.uri}/1`;
    const other = await startCeleryWorker({ broker, record: `${redis.uri}/15`, key: "ranked", queues: ["ranked"] });
    try {
      const records = await other.waitForReceived(4);
      expect(records.map((record) => record.priority)).toEqual([0, 3, 6, 9]);
    } finally {
      await other.stop();
    }
  });

  it("finds everything under the global key prefix", async () => {
    const prefixed = celeryRedisPublisher({ uri: `celery+${redis.uri}/2?global_keyprefix=pfx:&default_queue=own` });
    try {
      await prefixed.publish([occurrence({ options: { priority: 5 } })], { signal: new AbortController().signal });
      const keys = (await redis.cli("-n", "2", "KEYS", "*")).split("\n").sort();
      expect(keys).toEqual(["pfx:_kombu.binding.own", "pfx:own\x06\x163", "pfx:{own}:p"]);
    } finally {
      await prefixed.close();
    }
  });
});
