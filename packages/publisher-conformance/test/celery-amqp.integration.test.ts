import type { JsonObject, JsonValue } from "@beatx/core";
import { celeryAmqpPublisher } from "@beatx/publisher-celery";
import { startRabbit, startRedis } from "@beatx/test-servers";
import type { RabbitServer, RedisServer } from "@beatx/test-servers";
import { connect } from "amqplib";
import type { GetMessage } from "amqplib";
import { afterAll, beforeAll, describe, it } from "vitest";
import { describePublisher } from "../src/index.js";
import type { ReceivedMessage } from "../src/index.js";

const SECRET = "secret-of-the-test";

let rabbit: RabbitServer;
let redis: RedisServer;
/** All that was ever in the queue. */
const received: ReceivedMessage[] = [];

beforeAll(async () => {
  [rabbit, redis] = await Promise.all([startRabbit(), startRedis()]);
  await rabbit.ctl("add_user", "beatx", SECRET);
  await rabbit.ctl("set_permissions", "-p", "/", "beatx", "^celery$", "^amq\\.default$", "^$");
});

afterAll(async () => {
  await rabbit?.stop();
  await redis?.stop();
});

/** Reads a message of Celery's protocol 2, as a worker does. */
function readCelery({ content, properties }: GetMessage): ReceivedMessage {
  const headers = properties.headers as Record<string, unknown>;
  const [args, kwargs] = JSON.parse(content.toString()) as [JsonValue[], JsonObject];
  return {
    id: headers["id"] as string,
    entry: headers["beatx-entry"] as string,
    task: headers["task"] as string,
    args,
    kwargs,
    scheduledAt: Date.parse(headers["beatx-scheduled-at"] as string),
    fence: headers["beatx-fence"] as number,
  };
}

/** Takes what is in the queue. */
async function takeMessages(): Promise<void> {
  const connection = await connect(rabbit.uri);
  try {
    const channel = await connection.createChannel();
    for (;;) {
      const message = await channel.get("celery", { noAck: true });
      if (!message) return;
      received.push(readCelery(message));
    }
  } finally {
    await connection.close();
  }
}

describe("the Celery publisher on RabbitMQ", () => {
  describePublisher(
    { describe, it },
    {
      async open() {
        const uri = `celery+amqp://beatx:${SECRET}@127.0.0.1:${rabbit.port}//?queue_type=classic`;
        return celeryAmqpPublisher({ uri, overlapRedis: `${redis.uri}/2` });
      },
      async received() {
        await takeMessages();
        return [...received];
      },
      unsendable: { priority: 999 },
      async endRun(id) {
        const keys = await redis.cli("-n", "2", "KEYS", "celery.beatx-overlap.*");
        for (const key of keys.split("\n").filter((line) => line !== "" && !line.endsWith("attempt"))) {
          if ((await redis.cli("-n", "2", "GET", key)) === id) await redis.cli("-n", "2", "DEL", key);
        }
      },
      breakBroker: () => rabbit.kill(),
      repairBroker: async () => {
        rabbit.resume();
        await rabbit.restart();
      },
      silenceBroker: async () => rabbit.pause(),
      get address() {
        return `127.0.0.1:${rabbit.port}`;
      },
      secret: SECRET,
    },
  );
});
