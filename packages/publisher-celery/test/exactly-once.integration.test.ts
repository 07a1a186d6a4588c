import { randomUUID } from "node:crypto";
import type { Message, Publisher } from "@beatx/core";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { startRedis } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

let server: RedisServer;
let redis: Redis;
let publisher: Publisher;

const instant = Date.UTC(2026, 2, 4, 5, 6, 7);
const minute = 60_000;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.port);
  publisher = celeryRedisPublisher({ uri: `celery+${server.uri}/0` });
});

beforeEach(() => redis.flushall());

afterAll(async () => {
  await publisher?.close();
  redis?.disconnect();
  await server?.stop();
});

function publish(messages: readonly Message[], signal = new AbortController().signal) {
  return publisher.publish(messages, { signal });
}

async function idsIn(queue: string): Promise<string[]> {
  const texts = await redis.lrange(queue, 0, -1);
  return texts.map((text) => (JSON.parse(text) as { headers: { id: string } }).headers.id).reverse();
}

const at = (scheduledAt: number, changes: Partial<Message> = {}): Message => sampleMessage({ scheduledAt, ...changes });

describe("publishing by comparison at the queue (class D)", () => {
  it("queues an occurrence once, even if it is sent again", async () => {
    const messages = ["a", "b", "c"].map((entry) => at(instant, { entry }));
    for (let round = 0; round < 3; round += 1)
      expect(await publish(messages)).toEqual([undefined, undefined, undefined]);
    expect(await idsIn("celery")).toEqual(messages.map(({ id }) => id));
  });

  it("recognises an occurrence that two nodes send at the same time", async () => {
    const others = Array.from({ length: 4 }, () => celeryRedisPublisher({ uri: `celery+${server.uri}/0` }));
    const messages = Array.from({ length: 50 }, (_, index) => at(instant, { entry: `entry-${index}` }));
    const { signal } = new AbortController();
    await Promise.all(others.map((other) => other.publish(messages, { signal })));
    await Promise.all(others.map((other) => other.close()));
    expect((await idsIn("celery")).sort()).toEqual(messages.map(({ id }) => id).sort());
  });

  it("queues the next occurrence of the entry", async () => {
    const [first, second] = [at(instant), at(instant + minute)];
    await publish([first]);
    await publish([second]);
    expect(await idsIn("celery")).toEqual([first.id, second.id]);
  });

  it("does not queue an occurrence after a later one, and says so", async () => {
    const [older, newer, same] = [at(instant), at(instant + minute), at(instant, { entry: "other" })];
    await publish([newer, same]);
    expect(await publish([older, same])).toEqual([expect.objectContaining({ code: "PASSED" }), undefined]);
    expect(await idsIn("celery")).toEqual([newer.id, same.id]);
  });

  it("queues earlier occurrences after a reset of the entry, each once, whichever node sends them", async () => {
    const now = Date.now();
    const ahead = at(now + 9 * minute);
    const [first, second] = [at(now, { resetId: "r1" }), at(now + minute, { resetId: "r1" })];
    await publish([ahead]);
    for (let round = 0; round < 2; round += 1) await publish([first]);
    await publish([second]);
    expect(await publish([first])).toEqual([expect.objectContaining({ code: "PASSED" })]);
    expect(await publish([at(now)])).toEqual([expect.objectContaining({ code: "PASSED" })]);
    const again = at(now - minute, { resetId: "r2" });
    expect(await publish([again])).toEqual([undefined]);
    expect(await idsIn("celery")).toEqual([ahead.id, first.id, second.id, again.id]);
  });

  it("does not queue the last occurrence again after a reset", async () => {
    await publish([at(instant)]);
    expect(await publish([at(instant, { resetId: "r1" })])).toEqual([undefined]);
    expect(await idsIn("celery")).toEqual([at(instant).id]);
  });

  it("answers for good whether an occurrence was held up, even after the end of the run", async () => {
    const overlap = { policy: "skip", ttlMs: 60_000 } as const;
    const [first, second, third] = [0, 1, 2].map((minutes) => at(instant + minutes * minute, { overlap }));
    expect(await publish([first!])).toEqual([undefined]);
    const held = [expect.objectContaining({ code: "OVERLAP" })];
    expect(await publish([second!])).toEqual(held);
    await redis.del(`celery.beatx-overlap.beatx/${first!.entry}`);
    expect(await publish([second!])).toEqual(held);
    expect(await publish([third!])).toEqual([undefined]);
    expect(await publish([second!])).toEqual([expect.objectContaining({ code: "PASSED" })]);
    expect(await publish([third!])).toEqual([undefined]);
    expect(await idsIn("celery")).toEqual([first!.id, third!.id]);
  });

  it("takes an occurrence of a backfill when the run that held it up has ended", async () => {
    const overlap = { policy: "skip", ttlMs: 60_000, waits: true } as const;
    const [first, second] = [0, 1].map((minutes) => {
      return at(instant + minutes * minute, { id: randomUUID(), requested: true, overlap });
    });
    expect(await publish([first!])).toEqual([undefined]);
    const held = [expect.objectContaining({ code: "OVERLAP" })];
    expect(await publish([second!])).toEqual(held);
    expect(await publish([second!])).toEqual(held);
    await redis.del(`celery.beatx-overlap.beatx/${first!.entry}`);
    expect(await publish([second!])).toEqual([undefined]);
    await redis.del(`celery.beatx-overlap.beatx/${first!.entry}`);
    expect(await publish([second!])).toEqual([undefined]);
    expect(await idsIn("celery")).toEqual([first!.id, second!.id]);
  });

  it("counts a message for two queues as one run", async () => {
    await redis.sadd("_kombu.binding.twice", "rk\x06\x16\x06\x16left", "rk\x06\x16\x06\x16right");
    const options = { exchange: "twice", routing_key: "rk" };
    const overlap = { policy: "skip", ttlMs: 60_000 } as const;
    const [first, second] = [at(instant, { options, overlap }), at(instant + minute, { options, overlap })];
    expect(await publish([first])).toEqual([undefined]);
    expect(await publish([second])).toEqual([expect.objectContaining({ code: "OVERLAP" })]);
    expect([await idsIn("left"), await idsIn("right")]).toEqual([[first.id], [first.id]]);
  });

  it("says which key of another program keeps an entry from being sent", async () => {
    const overlap = { policy: "skip", ttlMs: 60_000 } as const;
    await redis.rpush("celery.beatx-overlap.beatx/taken", "x");
    const answers = await publish([at(instant, { entry: "taken", overlap }), at(instant, { entry: "free", overlap })]);
    expect(answers[0]?.message).toMatch(/"celery.beatx-overlap.beatx\/taken" is not a string/);
    expect(answers[1]).toBeUndefined();
  });

  it("keeps the entries of two namespaces apart", async () => {
    const newer = at(instant + minute, { namespace: "one" });
    const older = at(instant, { namespace: "two" });
    await publish([newer]);
    await publish([older]);
    expect(await idsIn("celery")).toEqual([newer.id, older.id]);
  });

  it("queues a requested run once, whatever was sent before, and no other message is excluded by it", async () => {
    await publish([at(instant + minute)]);
    const requested = at(instant, { id: randomUUID(), requested: true });
    const farAhead = at(instant + 9 * minute, { id: randomUUID(), requested: true });
    for (let round = 0; round < 2; round += 1) await publish([requested, farAhead]);
    const next = at(instant + 2 * minute);
    await publish([next]);
    expect(await idsIn("celery")).toEqual([at(instant + minute).id, requested.id, farAhead.id, next.id]);
  });

  it("remembers one instant per entry, and drops those that are long past", async () => {
    const { signal } = new AbortController();
    const day = 24 * 3600 * 1000;
    const now = Date.now();
    await publisher.publish([at(now - 200 * day, { entry: "gone" }), at(now - 80 * day, { entry: "rare" })], {
      signal,
    });
    for (let tick = 0; tick < 5; tick += 1) await publish([at(now + tick, { entry: "often" })]);
    expect(await redis.zrange("{celery}:p", "0", "-1", "WITHSCORES")).toEqual([
      "beatx\0rare",
      String(now - 80 * day),
      "beatx\0often",
      String(now + 4),
    ]);
  });

  it("fails only the messages whose key is of another kind, and says which", async () => {
    await redis.set("taken", "by another program");
    await redis.set("{compared}:p", "by another program");
    const queued = (queue: string): Message => at(instant, { entry: queue, options: { queue } });
    const answers = await publish([queued("taken"), queued("good"), queued("compared")]);
    expect(answers.map((answer) => answer?.message)).toEqual([
      expect.stringContaining('"taken" is not a list'),
      undefined,
      expect.stringContaining('"{compared}:p" is not a sorted set'),
    ]);
    expect(answers[0]).toMatchObject({ code: "PUBLISH" });
    expect(await redis.keys("*")).toEqual(expect.arrayContaining(["good", "taken", "{good}:p", "{compared}:p"]));
    expect(await redis.exists("compared", "{taken}:p")).toBe(0);
  });

  it("fails only the messages that can never be sent", async () => {
    const good = at(instant, { entry: "good" });
    const answers = await publish([at(instant, { options: { priority: 99 } }), good]);
    expect(answers[0]?.message).toContain("priority");
    expect(answers[1]).toBeUndefined();
    expect(await idsIn("celery")).toEqual([good.id]);
  });

  it("fails a message that no queue would get, instead of losing it", async () => {
    const options = { exchange: "nowhere", routing_key: "rk" };
    const answers = await publish([at(instant, { options })]);
    expect(answers[0]?.message).toMatch(/"nowhere" with routing key "rk" reaches no queue/);
    await redis.sadd("_kombu.binding.nowhere", "rk\x06\x16\x06\x16one", "rk\x06\x16\x06\x16two");
    const message = at(instant, { options });
    for (let round = 0; round < 2; round += 1) expect(await publish([message])).toEqual([undefined]);
    expect([await idsIn("one"), await idsIn("two")]).toEqual([[message.id], [message.id]]);
  });

  it("declares the queue as Celery does", async () => {
    await publish([at(instant, { options: { queue: "mail", priority: 9 } })]);
    expect(await redis.smembers("_kombu.binding.mail")).toEqual(["mail\x06\x16\x06\x16mail"]);
    expect(await redis.llen("mail\x06\x169")).toBe(1);
  });

  it("sends a burst in order, in a few scripts", async () => {
    const messages = Array.from({ length: 1_200 }, (_, index) => at(instant, { entry: `entry-${index}` }));
    await redis.config("RESETSTAT");
    expect(await publish(messages)).toEqual(messages.map(() => undefined));
    expect(await idsIn("celery")).toEqual(messages.map(({ id }) => id));
    const commands = await redis.info("commandstats");
    expect(commands).toMatch(/cmdstat_lpush:calls=3,/);
    expect(commands).toMatch(/cmdstat_evalsha:calls=3,/);
  });

  it("splits a batch of large messages", async () => {
    const text = "x".repeat(900_000);
    const messages = Array.from({ length: 6 }, (_, index) => at(instant, { entry: `entry-${index}`, args: [text] }));
    await redis.config("RESETSTAT");
    expect(await publish(messages)).toEqual(messages.map(() => undefined));
    expect(await redis.llen("celery")).toBe(6);
    expect(await redis.info("commandstats")).toMatch(/cmdstat_lpush:calls=[2-6],/);
  });

  it("goes on after the server lost the script", async () => {
    await publish([at(instant)]);
    await redis.script("FLUSH");
    await publish([at(instant + minute)]);
    expect(await redis.llen("celery")).toBe(2);
  });

  it("writes nothing of a batch for which the server has no memory", async () => {
    await publish([at(instant)]);
    await redis.config("SET", "maxmemory", "1");
    try {
      await expect(publish([at(instant + minute)])).rejects.toMatchObject({
        code: "PUBLISH",
        message: expect.stringContaining("OOM") as string,
      });
    } finally {
      await redis.config("SET", "maxmemory", "0");
    }
    expect(await publish([at(instant + minute)])).toEqual([undefined]);
    expect(await redis.llen("celery")).toBe(2);
  });

  it("works over a client of the user's own, and leaves it open", async () => {
    const client = new Redis(server.port, { db: 3 });
    const borrowed = celeryRedisPublisher({ client });
    await borrowed.publish([at(instant)], { signal: new AbortController().signal });
    expect((await borrowed.outbox!.leaveMark()).database).toBe(3);
    await borrowed.close();
    expect(await client.llen("celery")).toBe(1);
    client.disconnect();
  });
});

describe("publishing in the store's step (outbox)", () => {
  it("leaves a mark that is in the named database, and that goes away", async () => {
    const other = celeryRedisPublisher({ uri: `celery+${server.uri}/4` });
    const mark = await other.outbox!.leaveMark();
    await other.close();
    const client = new Redis(server.port, { db: mark.database });
    expect(mark.database).toBe(4);
    expect(await client.get(mark.key)).toBe(mark.value);
    const left = await client.pttl(mark.key);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(30_000);
    client.disconnect();
  });

  it("writes one push per message and declares the queues with the next mark", async () => {
    const message = at(instant, { options: { queue: "mail", priority: 3 } });
    const writes = publisher.outbox!.writesFor(message);
    expect(writes).toMatchObject([{ kind: "list-push", database: 0, key: "mail\x06\x163" }]);
    expect(JSON.parse(writes[0]!.value)).toMatchObject({ headers: { id: message.id } });
    await publisher.outbox!.leaveMark();
    expect(await redis.smembers("_kombu.binding.mail")).toEqual(["mail\x06\x16\x06\x16mail"]);
  });

  it("looks up an unknown exchange, and knows its queue at the next attempt", async () => {
    await redis.sadd("_kombu.binding.late", "rk\x06\x16\x06\x16one");
    const message = at(instant, { options: { exchange: "late", routing_key: "rk" } });
    expect(() => publisher.outbox!.writesFor(message)).toThrow("is being looked up");
    await publisher.outbox!.leaveMark();
    expect(publisher.outbox!.writesFor(message)).toMatchObject([{ key: "one" }]);
  });

  it("refuses a message that can never be sent", () => {
    expect(() => publisher.outbox!.writesFor(at(instant, { options: { expires: "soon" } }))).toThrow(/"expires"/);
  });
});
