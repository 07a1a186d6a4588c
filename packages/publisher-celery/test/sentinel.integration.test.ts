import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { redisCli, startRedisSentinel, waitFor } from "@beatx/test-servers";
import { expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

it("behind sentinels, finds the master, and the new one after a failover", async () => {
  const sentinel = await startRedisSentinel();
  const publisher = celeryRedisPublisher({ uri: `celery+${sentinel.uri}/3`, publishTimeoutMs: 10_000 });
  const publish = (entry: string): Promise<readonly (Error | undefined)[]> =>
    publisher.publish([sampleMessage({ entry })], { signal: new AbortController().signal });
  try {
    expect(await publish("before")).toEqual([undefined]);
    expect(await sentinel.master.cli("-n", "3", "LLEN", "celery")).toBe("1");
    await waitFor("the replica", async () => (await sentinel.replica.cli("-n", "3", "LLEN", "celery")) === "1");
    await sentinel.master.kill();
    expect(await waitFor("the failover", () => publish("after"))).toEqual([undefined]);
    expect(await sentinel.masterPort()).toBe(sentinel.replica.port);
    expect(await redisCli(sentinel.replica.port, "-n", "3", "LLEN", "celery")).toBe("2");
  } finally {
    await publisher.close();
    await sentinel.stop();
  }
});
