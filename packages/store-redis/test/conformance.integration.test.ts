import { describeStore } from "@beatx/store-conformance";
import { startRedis } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, it } from "vitest";
import { storeProvider } from "../src/index.js";

const STORE_DATABASE = 1;
const QUEUE_DATABASE = 2;

let server: RedisServer;
let queues: Redis;

beforeAll(async () => {
  server = await startRedis();
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
    open: (namespace) => storeProvider.open(`${server.uri}/${STORE_DATABASE}`, { namespace }),
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
