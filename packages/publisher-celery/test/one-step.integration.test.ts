import { randomUUID } from "node:crypto";
import type { Publisher, Store } from "@beatx/core";
import { type CursorMove, isLease, type Lease } from "@beatx/core/adapter";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { storeProvider } from "@beatx/store-redis";
import { startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

let server: RedisServer;
let store: Store;
let publisher: Publisher;

beforeAll(async () => {
  server = await startRedis();
  store = await storeProvider.open(`${server.uri}/0`);
  publisher = celeryRedisPublisher({ uri: `celery+${server.uri}/1` });
});

afterAll(async () => {
  await publisher?.close();
  await store?.close();
  await server?.stop();
});

const inQueue = (): Promise<string> => server.cli("-n", "1", "LLEN", "celery");

async function lead(): Promise<Lease> {
  const token = randomUUID();
  return waitFor("the lease", async () => {
    const answer = await store.acquireLock({ token, ttlMs: 1_000, label: "test" });
    return isLease(answer) ? answer : undefined;
  });
}

describe("with a Redis store on the broker's server (class T)", () => {
  it("moves cursor and message in one step; a repetition queues nothing", async () => {
    expect(await store.reachesOutbox!(await publisher.outbox!.leaveMark())).toBe(true);
    const [created] = await store.setSchedule([{ name: "daily", definition: "{}", expectedRevision: null }]);
    const message = sampleMessage({ scheduledAt: Date.now() - 1_000 });
    const move: CursorMove = {
      name: "daily",
      from: null,
      to: "1",
      definitionRevision: created!.status === "done" ? created!.revision : "",
      dueAt: message.scheduledAt,
      outbox: publisher.outbox!.writesFor(message),
    };
    const lease = await lead();
    expect(await store.advance(lease, [move])).toEqual([{ status: "done" }]);
    expect(await store.advance(lease, [move])).toMatchObject([{ status: "moved", cursor: "1" }]);
    expect(await inQueue()).toBe("1");
  });

  it("does not deliver in one step if the broker is another server", async () => {
    const other = await startRedis();
    const elsewhere = celeryRedisPublisher({ uri: `celery+${other.uri}/1` });
    try {
      expect(await store.reachesOutbox!(await elsewhere.outbox!.leaveMark())).toBe(false);
    } finally {
      await elsewhere.close();
      await other.stop();
    }
  });
});
