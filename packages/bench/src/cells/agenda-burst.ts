import { RedisBackend } from "@agendajs/redis-backend";
import { Agenda } from "agenda";
import { Redis } from "ioredis";
import { Stopwatch } from "../base/time.js";
import { type Cell, portOf } from "./cell.js";
import { Arrivals, futureSecond, measureInstant } from "./measure-instant.js";
import { sampleEntry } from "./sample.js";

const TOGETHER = 50;
const CONCURRENCY = 100;
/** How often agenda looks for jobs, in ms. */
const PROCESS_EVERY_MS = 500;
const LATER_MS = 6 * 3_600_000;
const GIVE_UP_MS = 30_000;

/** Jobs of agenda on its Redis backend, all due at one instant, until its workers have run every one. */
export const agendaBurst: Cell = async (options) => {
  const port = portOf(options, "redis");
  const redis = new Redis(port, "127.0.0.1");
  await redis.flushall();
  const backend = new RedisBackend({ connectionString: `redis://127.0.0.1:${port}` });
  const limits = { defaultConcurrency: CONCURRENCY, maxConcurrency: CONCURRENCY };
  const agenda = new Agenda({ backend, processEvery: PROCESS_EVERY_MS, ...limits });
  await agenda.ready;
  const arrivals = new Arrivals();
  const { task, args, kwargs } = sampleEntry(0, "1h");
  const setUp = async (count: number, at: Date): Promise<void> => {
    for (let from = 0; from < count; from += TOGETHER) {
      const size = Math.min(TOGETHER, count - from);
      await Promise.all(Array.from({ length: size }, () => agenda.schedule(at, task, { args, kwargs })));
    }
  };
  agenda.define(task, async () => arrivals.add());
  const trial = new Stopwatch();
  await setUp(TOGETHER, new Date(Date.now() + LATER_MS));
  const at = futureSecond(options.count, TOGETHER, trial.wallMs);
  await setUp(options.count, at);
  await agenda.start();
  const result = await measureInstant(options, at, arrivals, GIVE_UP_MS);
  redis.disconnect();
  return result;
};
