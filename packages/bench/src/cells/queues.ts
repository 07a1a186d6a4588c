import { connect } from "amqplib";
import { Redis } from "ioredis";
import { type CellOptions, portOf } from "./cell.js";
import { QUEUE } from "./sample.js";

/** A queue that a beat publishes to. */
export interface BenchQueue {
  /** For `createBeat`. */
  readonly uri: string;
  /** Messages that wait in it. */
  readonly length: () => Promise<number>;
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Where BullMQ keeps the waiting jobs of the queue that the publisher uses by default. */
const BULLMQ_WAITING = "bull:beatx:wait";
const BULLMQ_DATABASE = 1;

const OPENERS: Readonly<Record<CellOptions["queue"], (options: CellOptions) => Promise<BenchQueue>>> = {
  async "celery-redis"(options) {
    const port = portOf(options, "redis");
    const redis = new Redis(port, "127.0.0.1");
    return {
      uri: `celery+redis://127.0.0.1:${port}/0`,
      length: () => redis.llen(QUEUE),
      clear: async () => void (await redis.del(QUEUE)),
      close: async () => redis.disconnect(),
    };
  },
  async bullmq(options) {
    const port = portOf(options, "redis");
    const redis = new Redis(port, "127.0.0.1", { db: BULLMQ_DATABASE });
    return {
      uri: `bullmq+redis://127.0.0.1:${port}/${BULLMQ_DATABASE}`,
      length: () => redis.llen(BULLMQ_WAITING),
      clear: async () => void (await redis.flushdb()),
      close: async () => redis.disconnect(),
    };
  },
  async rabbitmq(options) {
    const uri = `amqp://guest:guest@127.0.0.1:${portOf(options, "rabbitmq")}`;
    const connection = await connect(uri);
    const channel = await connection.createChannel();
    await channel.assertQueue(QUEUE, { durable: true });
    return {
      uri: `celery+${uri}//`,
      length: async () => (await channel.checkQueue(QUEUE)).messageCount,
      clear: async () => void (await channel.purgeQueue(QUEUE)),
      close: () => connection.close(),
    };
  },
};

/** Opens the queue of the cell. A queue of RabbitMQ is declared as Celery workers do. */
export function openQueue(options: CellOptions): Promise<BenchQueue> {
  return OPENERS[options.queue](options);
}
