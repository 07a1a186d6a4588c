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

/** The number of calls of each command since they were last counted anew. */
async function commandCalls(): Promise<Readonly<Record<string, number>>> {
  const lines = await server.cli("INFO", "commandstats");
  return Object.fromEntries(
    [...lines.matchAll(/cmdstat_(\S+?):calls=(\d+)/g)].map((found) => [found[1], Number(found[2])]),
  );
}

async function bytesReceived(): Promise<number> {
  return Number(/total_net_input_bytes:(\d+)/.exec(await server.cli("INFO", "stats"))![1]);
}

async function lead(ttlMs = 1_000): Promise<Lease> {
  const token = randomUUID();
  return waitFor("the lease", async () => {
    const answer = await store.acquireLock({ token, ttlMs, label: "test" });
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

  it("takes a script for 500 messages of a burst, no other command for each, and few bytes beside them", async () => {
    const names = Array.from({ length: 1_200 }, (_, index) => `entry-${index}`);
    const created = await store.setSchedule(names.map((name) => ({ name, definition: "{}", expectedRevision: null })));
    const lease = await lead(60_000);
    const moves = names.map((name, index): CursorMove => {
      const message = sampleMessage({ entry: name, scheduledAt: Date.now() - 1_000 });
      const { revision } = created[index] as { revision: string };
      const outbox = publisher.outbox!.writesFor(message);
      return { name, from: null, to: "cursor", definitionRevision: revision, dueAt: message.scheduledAt, outbox };
    });
    const before = Number(await inQueue());
    await server.cli("CONFIG", "RESETSTAT");
    expect(new Set((await store.advance(lease, moves)).map(({ status }) => status))).toEqual(new Set(["done"]));
    const bytes = await bytesReceived();
    const calls = await commandCalls();
    for (const command of ["evalsha", "lpush", "hset", "hmget", "zmscore"]) {
      expect(calls[command], command).toBeGreaterThanOrEqual(3);
      expect(calls[command], command).toBeLessThanOrEqual(5);
    }
    expect(Math.max(...Object.values(calls))).toBeLessThan(30);
    expect(Number(await inQueue()) - before).toBe(names.length);
    const ofMessages = moves.reduce((sum, { outbox = [] }) => sum + outbox[0]!.value.length, 0);
    expect((bytes - ofMessages) / names.length).toBeLessThan(150);
    await store.releaseLock(lease);
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
