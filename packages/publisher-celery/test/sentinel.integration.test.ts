import type { Publisher } from "@beatx/core";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { redisCli, startCeleryWorker, startRedis, startRedisSentinel, waitFor } from "@beatx/test-servers";
import type { RedisSentinel } from "@beatx/test-servers";
import { afterEach, describe, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(): Promise<{ sentinel: RedisSentinel; publisher: Publisher }> {
  const sentinel = await startRedisSentinel();
  ends.push(() => sentinel.stop());
  const publisher = celeryRedisPublisher({ uri: `celery+${sentinel.uri}/3`, publishTimeoutMs: 10_000 });
  ends.push(() => publisher.close());
  return { sentinel, publisher };
}

const publish = (publisher: Publisher, message = sampleMessage()): Promise<readonly (Error | undefined)[]> =>
  publisher.publish([message], { signal: new AbortController().signal });

describe("behind sentinels", () => {
  it("finds the master, and the new one after a failover", async () => {
    const { sentinel, publisher } = await start();
    expect(await publish(publisher, sampleMessage({ entry: "before" }))).toEqual([undefined]);
    expect(await sentinel.master.cli("-n", "3", "LLEN", "celery")).toBe("1");
    await waitFor("the replica", async () => (await sentinel.replica.cli("-n", "3", "LLEN", "celery")) === "1");
    await sentinel.master.kill();
    const after = sampleMessage({ entry: "after" });
    expect(await waitFor("the failover", () => publish(publisher, after))).toEqual([undefined]);
    expect(await sentinel.masterPort()).toBe(sentinel.replica.port);
    expect(await redisCli(sentinel.replica.port, "-n", "3", "LLEN", "celery")).toBe("2");
  });

  it("a Celery worker runs the task with its arguments and its id, after a failover too", async () => {
    const { sentinel, publisher } = await start();
    const record = await startRedis();
    ends.push(() => record.stop());
    const worker = await startCeleryWorker({
      broker: sentinel.ports.map((port) => `sentinel://127.0.0.1:${port}/3`).join(";"),
      transportOptions: { master_name: sentinel.masterName },
      record: `${record.uri}/0`,
    });
    ends.push(() => worker.stop());

    const before = sampleMessage({ entry: "before", task: "tasks.add", args: [20, 22] });
    expect(await publish(publisher, before)).toEqual([undefined]);
    const first = { id: before.id, task: "tasks.add", args: [20, 22], result: 42 };
    expect(await worker.waitForReceived(1)).toMatchObject([first]);

    // The replica takes writes in order: once it has this one, it also knows that the first message was taken.
    await sentinel.master.cli("SET", "mark", "here");
    await waitFor("the replica", async () => (await sentinel.replica.cli("GET", "mark")) === "here");
    await sentinel.master.kill();
    const after = sampleMessage({ entry: "after", kwargs: { n: 1 } });
    expect(await waitFor("the failover", () => publish(publisher, after))).toEqual([undefined]);
    const second = { id: after.id, task: "tasks.echo", args: [], kwargs: { n: 1 } };
    expect(await worker.waitForReceived(2)).toMatchObject([first, second]);
  });
});
