import { type RabbitServer, type RedisServer, startRabbit } from "@beatx/test-servers";
import type { Redis } from "ioredis";
import type { Guarantee } from "../checker/record.js";
import { pause } from "../faults/pause.js";
import type { Choice } from "../faults/plan.js";
import { type Collector, type Content, contentOfHeaders } from "./collector.js";
import { collectList, type ListConnection } from "./list-collector.js";
import type { OpenPair } from "./pair.js";
import { consumeRabbit } from "./rabbit-collector.js";
import { harmRedis, startDurableRedis } from "./redis-faults.js";

/** A queue whose server runs. */
export interface OpenQueue {
  readonly port: number;
  publisher(port: number): string;
  readonly collector: Collector;
  readonly harm: OpenPair["harm"];
  stop(): Promise<void>;
}

/** A kind of queue. */
export interface Queue {
  readonly name: string;
  readonly guarantee: Guarantee;
  readonly choices: readonly Choice[];
  open(): Promise<OpenQueue>;
}

const server = "queue";
const REDIS_CHOICES: readonly Choice[] = [
  { kind: "server-restart", server, weight: 1 },
  { kind: "server-pause", server, weight: 1 },
  { kind: "server-full", server, weight: 1 },
  { kind: "server-wipe", server, weight: 0.5 },
];

function redisQueue(redis: RedisServer, scheme: string, collector: Collector): OpenQueue {
  return {
    port: redis.port,
    publisher: (port) => `${scheme}+redis://127.0.0.1:${port}/1`,
    collector,
    harm: (fault) => harmRedis(redis, fault),
    async stop() {
      await collector.stop();
      await redis.stop();
    },
  };
}

/** Watches Celery's queue. */
export function collectCelery(connection: ListConnection): Collector {
  return collectList({ connection, key: "celery", read: (_redis, element) => contentOfMessage(element) });
}

function contentOfMessage(text: string): Content {
  const { headers } = JSON.parse(text) as { headers: Record<string, unknown> };
  return contentOfHeaders(headers);
}

/** Celery on a Redis of its own: the queue compares. */
export const CELERY_REDIS: Queue = {
  name: "celery-redis",
  guarantee: "D",
  choices: REDIS_CHOICES,
  async open() {
    const redis = await startDurableRedis();
    return redisQueue(redis, "celery", collectCelery({ host: redis.host, port: redis.port, db: 1 }));
  },
};

/** BullMQ on a Redis of its own, whose jobs stay. */
export const BULLMQ: Queue = {
  name: "bullmq",
  guarantee: "P at-least-once",
  choices: REDIS_CHOICES,
  async open() {
    const redis = await startDurableRedis();
    const connection = { host: redis.host, port: redis.port, db: 1 };
    return redisQueue(redis, "bullmq", collectList({ connection, key: "bull:beatx:wait", read: contentOfJob }));
  },
};

async function contentOfJob(redis: Redis, id: string): Promise<Content | null> {
  const text = await redis.hget(`bull:beatx:${id}`, "data");
  if (text === null) return null;
  const { beatx } = JSON.parse(text) as { beatx: { entry: string; scheduledAt: string; fence: number } };
  const messageId = decodeURIComponent(id.replace(/^beatx-/, ""));
  return { id: messageId, entry: beatx.entry, instant: Date.parse(beatx.scheduledAt), fence: beatx.fence };
}

/** Celery on RabbitMQ, with a durable queue. */
export const RABBIT: Queue = {
  name: "celery-rabbitmq",
  guarantee: "P at-least-once",
  choices: [
    { kind: "server-restart", server, weight: 0.7 },
    { kind: "server-wipe", server, weight: 0.3 },
    { kind: "server-pause", server, weight: 1.3 },
  ],
  async open() {
    const rabbit = await startRabbit();
    const collector = consumeRabbit(rabbit.uri, "celery");
    return {
      port: rabbit.port,
      publisher: (port) => `celery+amqp://guest:guest@127.0.0.1:${port}//?queue_type=classic`,
      collector,
      harm: (fault) => harmRabbit(rabbit, fault),
      async stop() {
        await collector.stop();
        await rabbit.stop();
      },
    };
  },
};

async function harmRabbit(rabbit: RabbitServer, { kind, forMs }: Parameters<OpenPair["harm"]>[0]): Promise<undefined> {
  if (kind !== "server-pause") return void (await rabbit.restart({ empty: kind === "server-wipe" }));
  rabbit.pause();
  await pause(forMs);
  rabbit.resume();
  return undefined;
}
