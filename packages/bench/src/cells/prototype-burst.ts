import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { type Cell, portOf } from "./cell.js";
import { measureBursts } from "./measure-bursts.js";
import { BATCH, messageMaker, nameOf, QUEUE } from "./sample.js";

const LOCK = "prototype:lock";
const CURSORS = "prototype:cursors";
const TOKEN = "token";

/** KEYS: lock, queue, cursors. ARGV: token, then message, entry and cursor of each occurrence. */
const SCRIPT = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
for i = 2, #ARGV, 3 do
  redis.call("LPUSH", KEYS[2], ARGV[i])
  redis.call("HSET", KEYS[3], ARGV[i + 1], ARGV[i + 2])
end
return 1`;

/**
 * The least that a scheduler with a lease has to do for each occurrence: compare the lease, push a message of its own id
 * made from a template, and save the cursor, 500 occurrences in one script. It marks the limit, and does nothing else.
 */
export const prototypeBurst: Cell = async (options) => {
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  const makeMessage = await messageMaker();
  const script = (await redis.script("LOAD", SCRIPT)) as string;
  const send = async (from: number, to: number): Promise<void> => {
    const args = [TOKEN];
    const at = Date.now();
    for (let index = from; index < to; index++) {
      args.push(makeMessage(randomUUID()), nameOf(index), `{"at":${at},"runs":${index},"skipped":0}`);
    }
    if ((await redis.evalsha(script, 3, LOCK, QUEUE, CURSORS, ...args)) !== 1) throw new Error("the lock is gone");
  };
  const result = await measureBursts(options, {
    prepare: async () => {
      await redis.flushall();
      await redis.set(LOCK, TOKEN);
    },
    send: async () => {
      for (let from = 0; from < options.count; from += BATCH) await send(from, Math.min(from + BATCH, options.count));
    },
    arrived: () => redis.llen(QUEUE),
  });
  redis.disconnect();
  return result;
};
