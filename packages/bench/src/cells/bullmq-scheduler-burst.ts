import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { Stopwatch } from "../base/time.js";
import { type Cell, portOf } from "./cell.js";
import { Arrivals, futureSecond, measureInstant, secondOfDay } from "./measure-instant.js";
import { sampleEntry } from "./sample.js";

const TOGETHER = 200;
const CONCURRENCY = 100;
const GIVE_UP_MS = 120_000;

/** BullMQ's job schedulers, all due at one instant, until a worker has had every job: BullMQ plans the next one only then. */
export const bullmqSchedulerBurst: Cell = async (options) => {
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  await redis.flushall();
  const connection = { port: portOf(options, "redis"), host: "127.0.0.1", maxRetriesPerRequest: null };
  const queue = new Queue("bench", { connection });
  const trial = new Stopwatch();
  await setUp(queue, TOGETHER, "0 0 0 1 1 *");
  const at = futureSecond(options.count, TOGETHER, trial.wallMs);
  await setUp(queue, options.count, secondOfDay(at));
  const arrivals = new Arrivals();
  const worker = new Worker("bench", async () => arrivals.add(), { connection, concurrency: CONCURRENCY });
  await worker.waitUntilReady();
  const result = await measureInstant(options, at, arrivals, GIVE_UP_MS);
  await worker.close(true);
  await queue.close();
  redis.disconnect();
  return result;
};

async function setUp(queue: Queue, count: number, pattern: string): Promise<void> {
  const { task, args, kwargs } = sampleEntry(0, "1h");
  const template = { name: task, data: { args, kwargs }, opts: { removeOnComplete: true } };
  for (let from = 0; from < count; from += TOGETHER) {
    const size = Math.min(TOGETHER, count - from);
    const indexes = Array.from({ length: size }, (_, index) => from + index);
    await Promise.all(indexes.map((index) => queue.upsertJobScheduler(`job-${index}`, { pattern }, template)));
  }
}
