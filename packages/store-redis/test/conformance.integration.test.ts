import { describeStore } from "@beatx/store-conformance";
import { makeRedisUser, readRedisRights, startRedis } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storeProvider } from "../src/index.js";

const STORE_DATABASE = 1;
const QUEUE_DATABASE = 2;
/** What writing message and cursor in one step needs beside the store's own rights. */
const QUEUE_RULES = ["+lpush", "~conformance-queue-*", "~mark*"];

let server: RedisServer;
let queues: Redis;
/** A user of exactly the rights that the README lists, in every namespace. */
let credentials: string;

beforeAll(async () => {
  server = await startRedis();
  const [rights] = await readRedisRights(new URL("../README.md", import.meta.url));
  const rules = rights!.rules.map((rule) => rule.replace("{beatx}", "{*}"));
  credentials = await makeRedisUser(server.port, "limited", [...rules, ...QUEUE_RULES]);
  queues = new Redis({ host: server.host, port: server.port, db: QUEUE_DATABASE });
});

afterAll(async () => {
  queues.disconnect();
  await server.stop();
});

// The queues lie in another database than the schedule, the harder case.
describeStore(
  { describe, it },
  {
    open: (namespace) =>
      storeProvider.open(`redis://${credentials}@${server.host}:${server.port}/${STORE_DATABASE}`, { namespace }),
    loseMemory: async () => void (await queues.flushall()),
    outbox: {
      async leaveMark() {
        const mark = { database: QUEUE_DATABASE, key: "mark", value: "here" };
        await queues.set(mark.key, mark.value);
        return mark;
      },
      readQueue: async (_database, key) => (await queues.lrange(key, 0, -1)).reverse(),
      breakQueue: async (_database, key) => void (await queues.set(key, "not a list")),
    },
  },
);

describe("the rights that the README lists", () => {
  it("sufficed for all of this; only the health report tried another command, and says so", async () => {
    const refused = [...(await server.cli("ACL", "LOG")).matchAll(/^object\n(.*)$/gm)].map(([, object]) => object);
    expect(new Set(refused)).toEqual(new Set(["config|get"]));
  });
});
