import { Redis } from "ioredis";
import { type Cell, portOf } from "./cell.js";
import { measureBursts } from "./measure-bursts.js";
import { BATCH, celeryText, QUEUE } from "./sample.js";

/** The same message, pushed by pipelines of 500 that are awaited. */
export const rawBurst: Cell = async (options) => {
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  const text = await celeryText();
  const result = await measureBursts(options, {
    prepare: async () => void (await redis.flushall()),
    send: async () => {
      for (let sent = 0; sent < options.count; sent += BATCH) {
        const pipeline = redis.pipeline();
        for (let index = sent; index < Math.min(sent + BATCH, options.count); index++) pipeline.lpush(QUEUE, text);
        await pipeline.exec();
      }
    },
    arrived: () => redis.llen(QUEUE),
  });
  redis.disconnect();
  return result;
};
