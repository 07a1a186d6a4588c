import type { Message, Publisher } from "@beatx/core";
import { createBeat, createClient, silentLogger } from "@beatx/core";
import { celeryRedisPublisher, publisherProvider } from "@beatx/publisher-celery";
import { storeProvider } from "@beatx/store-redis";
import { startRedis, startRedisSentinel, startRedisTls, waitFor } from "@beatx/test-servers";
import type { RedisServer, RunningProcess } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startOverlapWorker } from "./overlap-worker.js";
import { sampleMessage } from "./sample-message.js";

const never = new AbortController().signal;
/** Without an end of the run, no test would see the next one within its time. */
const HOUR_MS = 3_600_000;

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

const cli = (...args: string[]): Promise<string> => redis.cli("-n", "1", ...args);
const runsOf = async (task: string): Promise<number> =>
  (await cli("LRANGE", "runs", "0", "-1")).split("\n").filter((line) => line.startsWith(`${task} `)).length;

let count = 0;

/** The next run of the entry that has the task's name. */
function runOf(task: string, changes: Partial<Message> = {}): Message {
  count += 1;
  const overlap = { policy: "skip", ttlMs: HOUR_MS } as const;
  return sampleMessage({ entry: task, task, scheduledAt: Date.now() + count, overlap, ...changes });
}

/** `true`: taken, `false`: held up. */
async function isTaken(publisher: Publisher, message: Message): Promise<boolean> {
  const [answer] = await publisher.publish([message], { signal: never });
  if (answer === undefined) return true;
  expect(answer).toMatchObject({ code: "OVERLAP" });
  return false;
}

describe.each([
  ["", {}],
  ["pfx:", { global_keyprefix: "pfx:" }],
])("a worker with BeatxTask, and the key prefix %j", (prefix, transportOptions) => {
  let worker: RunningProcess;
  let publisher: Publisher;

  beforeAll(async () => {
    await redis.cli("FLUSHALL");
    publisher = celeryRedisPublisher({ uri: `celery+${redis.uri}/1`, transportOptions });
    worker = await startOverlapWorker({ broker: `${redis.uri}/1`, transportOptions });
  });
  afterAll(async () => {
    await publisher?.close();
    await worker?.stop();
  });

  const whenTaken = (task: string, changes: Partial<Message> = {}) =>
    waitFor(`the next run of ${task}`, () => isTaken(publisher, runOf(task, changes)));

  it("holds up the next run while a task waits and runs, and lets it go when the task has ended", async () => {
    const first = runOf("wait");
    expect(await isTaken(publisher, first)).toBe(true);
    await waitFor("the task to run", async () => (await runsOf("wait")) === 1);
    expect(await isTaken(publisher, runOf("wait"))).toBe(false);
    expect(await cli("GET", `${prefix}celery.beatx-overlap.beatx/wait`)).toBe(first.id);
    await cli("RPUSH", "end", "1");
    await whenTaken("wait");
    await cli("RPUSH", "end", "1");
  });

  it("holds up the next run while a retry has not ended", async () => {
    expect(await isTaken(publisher, runOf("retry"))).toBe(true);
    await waitFor("the second attempt", async () => (await runsOf("retry")) === 2);
    expect(await isTaken(publisher, runOf("retry"))).toBe(false);
    await cli("RPUSH", "end", "1");
    await whenTaken("retry");
    await waitFor("the second attempt", async () => (await runsOf("retry")) === 4);
    await cli("RPUSH", "end", "1");
  });

  it.each(["fail", "ignore", "reject", "limit", "die"])(
    "lets the next run go after a task that ends by %s",
    async (task) => {
      expect(await isTaken(publisher, runOf(task))).toBe(true);
      await whenTaken(task);
      expect(await runsOf(task)).toBeGreaterThan(0);
    },
  );

  it("lets the next run go when a message has expired", async () => {
    expect(await isTaken(publisher, runOf("expired", { task: "wait", expiresAt: Date.now() - 1_000 }))).toBe(true);
    await whenTaken("expired", { task: "fail" });
  });
});

describe.each(["solo", "threads"])("a worker with the pool %s", (pool) => {
  it("lets the next run go after a task that has failed", async () => {
    await redis.cli("FLUSHALL");
    const publisher = celeryRedisPublisher({ uri: `celery+${redis.uri}/1` });
    const worker = await startOverlapWorker({ broker: `${redis.uri}/1`, pool });
    try {
      expect(await isTaken(publisher, runOf("fail"))).toBe(true);
      await waitFor("the next run", () => isTaken(publisher, runOf("fail")));
    } finally {
      await worker.stop();
      await publisher.close();
    }
  });
});

describe("a worker that reaches its broker", () => {
  async function expectRelease(publisher: Publisher, worker: RunningProcess): Promise<void> {
    try {
      expect(await isTaken(publisher, runOf("fail"))).toBe(true);
      await waitFor("the next run", () => isTaken(publisher, runOf("fail")));
    } finally {
      await worker.stop();
      await publisher.close();
    }
  }

  it("over TLS lets the next run go", async () => {
    const tls = await startRedisTls();
    try {
      const publisher = celeryRedisPublisher({ uri: `celery+${tls.uri}/1`, tls: { ca: tls.ca } });
      const broker = `${tls.uri}/1?ssl_cert_reqs=required&ssl_ca_certs=${tls.caFile}`;
      await expectRelease(publisher, await startOverlapWorker({ broker, notes: `${redis.uri}/2` }));
    } finally {
      await tls.stop();
    }
  });

  it("through sentinels lets the next run go", async () => {
    const sentinel = await startRedisSentinel();
    try {
      const publisher = celeryRedisPublisher({ uri: `celery+${sentinel.uri}/3`, publishTimeoutMs: 10_000 });
      const worker = await startOverlapWorker({
        broker: sentinel.ports.map((port) => `sentinel://127.0.0.1:${port}/3`).join(";"),
        transportOptions: { master_name: sentinel.masterName },
        notes: `${redis.uri}/3`,
      });
      await expectRelease(publisher, worker);
    } finally {
      await sentinel.stop();
    }
  });
});

describe("a worker that is killed", () => {
  it("holds up the next run until ttlMs has passed", async () => {
    await redis.cli("FLUSHALL");
    const publisher = celeryRedisPublisher({ uri: `celery+${redis.uri}/1` });
    const worker = await startOverlapWorker({ broker: `${redis.uri}/1`, pool: "solo" });
    const overlap = { policy: "skip", ttlMs: 5_000 } as const;
    try {
      const sentAt = performance.now();
      expect(await isTaken(publisher, runOf("wait", { overlap }))).toBe(true);
      await waitFor("the task to run", async () => (await runsOf("wait")) === 1);
      await worker.kill();
      await waitFor("the next run", () => isTaken(publisher, runOf("wait", { overlap })));
      // The server's clock may be a little faster than this one.
      expect(performance.now() - sentAt).toBeGreaterThan(4_900);
    } finally {
      await publisher.close();
    }
  });
});

describe.each([
  ["in one step with the store (class T)", 0],
  ["beside a store on another server (class D)", 1],
])("a beat that sends %s", (_way, other) => {
  it("skips what is due while a task runs, and goes on after its end", async () => {
    await redis.cli("FLUSHALL");
    const elsewhere = other === 1 ? await startRedis() : null;
    const store = { store: `${(elsewhere ?? redis).uri}/0`, stores: [storeProvider] };
    const overlap = { policy: "skip", ttlMs: HOUR_MS } as const;
    const worker = await startOverlapWorker({ broker: `${redis.uri}/1` });
    const beat = createBeat({
      ...store,
      publisher: `celery+${redis.uri}/1`,
      publishers: [publisherProvider],
      logger: silentLogger,
      schedule: { slow: { task: "wait", schedule: "1s", overlap } },
    });
    const client = createClient(store);
    try {
      await beat.start();
      await waitFor("overlaps", async () => ((await client.get("slow"))?.skipped ?? 0) >= 2);
      expect((await client.status()).delivery).toMatch(other === 1 ? /the queue refuses repeats/ : /in one step/);
      expect(await runsOf("wait")).toBe(1);
      expect((await client.history("slow"))[0]).toMatchObject({ outcome: "skipped", reason: "overlap" });
      await cli("RPUSH", "end", "1");
      await waitFor("the next run", async () => (await runsOf("wait")) === 2);
    } finally {
      await beat.stop();
      await client.close();
      await worker.kill();
      await elsewhere?.stop();
    }
  });
});
