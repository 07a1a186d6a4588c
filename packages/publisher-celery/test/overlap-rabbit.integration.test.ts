import type { Message, Publisher } from "@beatx/core";
import { PublishError } from "@beatx/core/adapter";
import { startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { nextMessage, send, setUpRabbit } from "./amqp-fixture.js";
import { startOverlapWorker } from "./overlap-worker.js";
import { sampleMessage } from "./sample-message.js";

const HOUR_MS = 3_600_000;
const fixture = setUpRabbit();
const { openPublisher } = fixture;
let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  redis.resume();
  await redis.cli("FLUSHALL");
});
afterAll(() => redis?.stop());

let count = 0;

/** The next run of the entry that has the task's name. */
function runOf(task: string, options: Message["options"] = {}): Message {
  count += 1;
  const overlap = { policy: "skip", ttlMs: HOUR_MS } as const;
  return sampleMessage({ entry: task, task, scheduledAt: Date.now() + count, overlap, options });
}

async function isTaken(publisher: Publisher, message: Message): Promise<boolean> {
  const [answer] = await send(publisher, [message]);
  if (answer === undefined) return true;
  expect(answer).toMatchObject({ code: "OVERLAP" });
  return false;
}

describe.each([
  ["names the Redis", () => ({ beatx_overlap_redis: `${redis.uri}/2` })],
  ["has the Redis as its result backend", () => ({ result_backend: `${redis.uri}/2` })],
])("a worker on RabbitMQ that %s", (_how, settings) => {
  it("holds up the next run while a task runs, and lets it go when that has ended", async () => {
    const notes = `${redis.uri}/1`;
    const worker = await startOverlapWorker({ broker: fixture.rabbit.uri, notes, settings: settings() });
    const publisher = openPublisher({ overlapRedis: `${redis.uri}/2` });
    try {
      const first = runOf("wait");
      expect(await isTaken(publisher, first)).toBe(true);
      await waitFor("the task to run", async () => (await redis.cli("-n", "1", "LLEN", "runs")) === "1");
      expect(await isTaken(publisher, runOf("wait"))).toBe(false);
      expect(await redis.cli("-n", "2", "GET", "celery.beatx-overlap.beatx/wait")).toBe(first.id);
      await redis.cli("-n", "1", "RPUSH", "end", "1");
      await waitFor("the next run", () => isTaken(publisher, runOf("wait")));
      await redis.cli("-n", "1", "RPUSH", "end", "1");
    } finally {
      await worker.kill();
    }
  });
});

describe("a publisher on RabbitMQ with overlapRedis", () => {
  it("gives the key back if the message was certainly not sent", async () => {
    const publisher = openPublisher({ overlapRedis: `${redis.uri}/2`, createMissingQueues: undefined });
    const [error] = await send(publisher, [runOf("t", { queue: "nobody-declared-it" })]);
    expect(PublishError.isNotSent(error)).toBe(true);
    expect(await redis.cli("-n", "2", "DBSIZE")).toBe("0");
  });

  it("keeps the key of a copy that is not sent, since an earlier one may be in the queue", async () => {
    const publisher = openPublisher({ overlapRedis: `${redis.uri}/2`, createMissingQueues: undefined });
    const message = runOf("t", { queue: "nobody-declared-it" });
    await redis.cli("-n", "2", "SET", "celery.beatx-overlap.beatx/t", message.id);
    await send(publisher, [message]);
    expect(await redis.cli("-n", "2", "GET", "celery.beatx-overlap.beatx/t")).toBe(message.id);
  });

  it.each(["is down", "is silent"])(
    "fails its own entries alone when that Redis %s, and goes on after it",
    async (how) => {
      const other = await startRedis();
      const publisher = openPublisher({ overlapRedis: `${other.uri}/2` });
      try {
        if (how === "is down") await other.kill();
        else other.pause();
        const [free, held] = [nextMessage(), runOf("t", { queue: "tests" })];
        const [first, second] = await send(publisher, [free, held]);
        expect(first).toBeUndefined();
        expect(PublishError.isNotSent(second)).toBe(true);
        expect(second?.message).toMatch(/not sent without their key: .*the Redis of "overlapRedis" at redis:\/\/127/);
        expect(await fixture.idsIn("tests")).toEqual([free.id]);
        if (how === "is down") await other.restart();
        else other.resume();
        // Another occurrence, because the policy for missed ones may have moved on.
        await waitFor("the next run", () => isTakenAgain(publisher));
        expect(await fixture.idsIn("tests")).toHaveLength(1);
      } finally {
        await other.stop();
      }
    },
  );

  it("warns in its health check when that Redis is away", async () => {
    const publisher = openPublisher({ overlapRedis: "redis://127.0.0.1:1/2" });
    await send(publisher, [nextMessage()]);
    const warnings = await publisher.checkHealth!({ signal: new AbortController().signal });
    expect(warnings).toEqual([expect.stringMatching(/entries with overlap are not sent.*127\.0\.0\.1:1/)]);
  });
});

/** Whether a later run of the entry is sent: nothing but the outage may have been in its way. */
async function isTakenAgain(publisher: Publisher): Promise<boolean> {
  const [answer] = await send(publisher, [runOf("t", { queue: "tests" })]);
  return answer === undefined;
}
