import type { JsonObject, JsonValue } from "@beatx/core";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { startRedis } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, it } from "vitest";
import { describePublisher } from "../src/index.js";
import type { ReceivedMessage } from "../src/index.js";

const DATABASE = 1;
const SECRET = "secret-of-the-test";

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis({ appendOnly: true, args: ["--user", "beatx", "on", `>${SECRET}`, "~*", "&*", "+@all"] });
  redis = new Redis({ port: server.port, db: DATABASE });
  redis.on("error", () => undefined);
});

afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});

interface CeleryText {
  readonly body: string;
  readonly headers: {
    readonly id: string;
    readonly task: string;
    readonly "beatx-entry": string;
    readonly "beatx-scheduled-at": string;
    readonly "beatx-fence": number;
  };
}

/** Reads a message of Celery's protocol 2, as a worker does. */
function readCelery(text: string): ReceivedMessage {
  const { body, headers } = JSON.parse(text) as CeleryText;
  const [args, kwargs] = JSON.parse(Buffer.from(body, "base64").toString()) as [JsonValue[], JsonObject];
  return {
    id: headers.id,
    entry: headers["beatx-entry"],
    task: headers.task,
    args,
    kwargs,
    scheduledAt: Date.parse(headers["beatx-scheduled-at"]),
    fence: headers["beatx-fence"],
  };
}

describe("the Celery publisher on Redis", () => {
  describePublisher(
    { describe, it },
    {
      open: async () =>
        celeryRedisPublisher({ uri: `celery+redis://beatx:${SECRET}@127.0.0.1:${server.port}/${DATABASE}` }),
      received: async () => (await redis.lrange("celery", 0, -1)).map(readCelery),
      unsendable: { priority: 99 },
      endRun: async (id) => {
        for (const key of await redis.keys("celery.beatx-overlap.*")) {
          if ((await redis.get(key)) === id) await redis.del(key);
        }
      },
      breakBroker: () => server.kill(),
      repairBroker: async () => {
        server.resume();
        await server.restart();
      },
      silenceBroker: async () => server.pause(),
      get address() {
        return `127.0.0.1:${server.port}`;
      },
      secret: SECRET,
      outbox: {
        push: async ({ database, key, value }) =>
          void (await redis.pipeline().select(database).lpush(key, value).exec()),
        async readMark({ database, key }) {
          await redis.select(database);
          const [value, expiresInMs] = await Promise.all([redis.get(key), redis.pttl(key)]);
          return value === null ? null : { value, expiresInMs };
        },
      },
    },
  );
});
