import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { preciseNow, sleep } from "../base/time.js";
import { type Cell, portOf } from "./cell.js";
import { AFTER_MS, type Confirmed, latenessOf, SECOND_MS, windowStart } from "./lateness.js";
import { celeryText, QUEUE, sampleEntry } from "./sample.js";
import { timerPeer } from "./timer-peers.js";

const EVERY_SECOND = "* * * * * *";
const CONCURRENCY = 100;
/** A timer that fires so much too early belongs to the second that is about to begin. */
const EARLY_MS = 100;

/** Timers of a peer that fire each second; each pushes a message. */
export const timerLateness: Cell = async (options) => {
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  await redis.flushall();
  const text = await celeryText();
  const confirmed: Confirmed[] = [];
  const end = await timerPeer(options.peer)(options.count, EVERY_SECOND, () => {
    const dueAt = Math.floor((Date.now() + EARLY_MS) / SECOND_MS) * SECOND_MS;
    void redis.lpush(QUEUE, text).then(() => confirmed.push({ dueAt, lateMs: preciseNow() - dueAt }));
  });
  const startAt = windowStart();
  await sleep(startAt + options.seconds * SECOND_MS + AFTER_MS - preciseNow());
  end();
  redis.disconnect();
  return latenessOf(confirmed, startAt, options);
};

/** BullMQ's job schedulers, until a worker has the job. */
export const bullmqLateness: Cell = async (options) => {
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  await redis.flushall();
  const connection = { port: portOf(options, "redis"), host: "127.0.0.1", maxRetriesPerRequest: null };
  const queue = new Queue("bench", { connection });
  const { task, args, kwargs } = sampleEntry(0, "1h");
  const template = { name: task, data: { args, kwargs }, opts: { removeOnComplete: true } };
  const indexes = Array.from({ length: options.count }, (_, index) => index);
  await Promise.all(
    indexes.map((index) => queue.upsertJobScheduler(`job-${index}`, { pattern: EVERY_SECOND }, template)),
  );
  const confirmed: Confirmed[] = [];
  const worker = new Worker(
    "bench",
    async ({ id }) => {
      // The id of such a job ends with its instant.
      const dueAt = Number(id!.slice(id!.lastIndexOf(":") + 1));
      confirmed.push({ dueAt, lateMs: preciseNow() - dueAt });
    },
    { connection, concurrency: CONCURRENCY },
  );
  await worker.waitUntilReady();
  const startAt = windowStart();
  await sleep(startAt + options.seconds * SECOND_MS + AFTER_MS - preciseNow());
  const result = latenessOf(confirmed, startAt, options);
  await worker.close(true);
  await queue.close();
  redis.disconnect();
  return result;
};
