import { type RedisServer, startRedis, waitFor } from "@beatx/test-servers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Collector } from "../src/servers/collector.js";
import { collectList } from "../src/servers/list-collector.js";

let redis: RedisServer;
let collector: Collector;
/** Elements whose first reading fails. */
const failures = new Set<string>();

const push = (...ids: string[]): Promise<string> => redis.cli("LPUSH", "queue", ...ids);
const ids = (): string => collector.arrivals.map(({ id }) => id).join("");

beforeEach(async () => {
  redis = await startRedis({ appendOnly: true, args: ["--appendfsync", "always"] });
  collector = collectList({
    connection: { host: redis.host, port: redis.port, db: 0 },
    key: "queue",
    read: (_redis, id) => {
      if (failures.delete(id)) throw new Error("the server did not answer");
      return { id, entry: "entry", instant: 0, fence: 1 };
    },
  });
});
afterEach(async () => {
  await collector.stop();
  await redis.stop();
});

describe("the collector of a list", () => {
  it("sees each message once, in the order of sending, and a copy as one more", async () => {
    await push("a", "b");
    await waitFor("two messages", () => ids() === "ab");
    await push("b", "c");
    await waitFor("two more", () => ids() === "abbc");
  });

  it("sees nothing again when the server restarts with its data", async () => {
    await push("a", "b");
    await waitFor("two messages", () => ids() === "ab");
    await redis.restart();
    await push("c");
    await waitFor("the third", () => ids() === "abc");
  });

  it("sees all messages, and none twice, although a reading fails half-way", async () => {
    failures.add("b").add("d");
    await push("a", "b", "c", "d", "e");
    await waitFor("five messages", () => ids().length >= 5);
    await push("f");
    await waitFor("the sixth", () => ids().endsWith("f"));
    expect(ids()).toBe("abcdef");
  });

  it("sees what is sent after the list was lost, even if it is as long as before", async () => {
    await push("a", "b");
    await waitFor("two messages", () => ids() === "ab");
    await redis.cli("EVAL", "redis.call('DEL', 'queue') return redis.call('LPUSH', 'queue', 'a', 'c', 'd')", "0");
    await waitFor("what is new", () => ids().length === 4);
    expect(ids()).toBe("abcd");
  });
});
