import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { type Cell, portOf } from "./cell.js";
import { measureBursts } from "./measure-bursts.js";
import { BATCH, sampleEntry } from "./sample.js";

/** Jobs with the same payload, added by BullMQ's own `addBulk` of 500. */
export const bullmqBurst: Cell = async (options) => {
  const port = portOf(options, "redis");
  const redis = new Redis(port, "127.0.0.1");
  const queue = new Queue("bench", { connection: { port, host: "127.0.0.1" } });
  await queue.waitUntilReady();
  const { task, args, kwargs } = sampleEntry(0, "1h");
  const job = { name: task, data: { args, kwargs, scheduledAt: Date.now(), entry: "entry-0", namespace: "bench" } };
  const result = await measureBursts(options, {
    prepare: async () => void (await redis.flushall()),
    send: async () => {
      for (let sent = 0; sent < options.count; sent += BATCH) {
        await queue.addBulk(Array.from({ length: Math.min(BATCH, options.count - sent) }, () => job));
      }
    },
    arrived: () => queue.getWaitingCount(),
  });
  await queue.close();
  redis.disconnect();
  return result;
};
