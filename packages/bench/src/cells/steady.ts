import { Redis } from "ioredis";
import { collectGarbage } from "../base/garbage.js";
import { sleep, Stopwatch } from "../base/time.js";
import { benchBeat } from "./bench-beat.js";
import { type Cell, portOf } from "./cell.js";
import { openQueue } from "./queues.js";
import { celeryText, every, nameOf, QUEUE, rareRule, sampleEntry, sampleSchedule } from "./sample.js";
import { makeStore } from "./stores.js";

/** Ten messages a second. */
const EVERY_MS = 100;
const WARM_UP_MS = 1_000;

const SCRIPT = `
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("LPUSH", KEYS[2], ARGV[2])
redis.call("HSET", KEYS[3], ARGV[3], ARGV[4])
return 1`;

/** CPU of this process in a window of `seconds`, in µs. */
async function cpuOfWindow(seconds: number): Promise<number> {
  collectGarbage();
  const watch = new Stopwatch();
  await sleep(seconds * 1_000);
  return watch.cpuUs;
}

/** One awaited script a tick that compares the lease, pushes the message and saves a cursor: the limit of this work. */
export const rawSteady: Cell = async (options) => {
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  await redis.flushall();
  await redis.set("lock", "token");
  const text = await celeryText();
  const script = (await redis.script("LOAD", SCRIPT)) as string;
  await sleep(WARM_UP_MS);
  const idleUs = await cpuOfWindow(options.seconds);
  const send = (): unknown => redis.evalsha(script, 3, "lock", QUEUE, "cursors", "token", text, nameOf(0), `{"at":1}`);
  const timer = setInterval(() => void send(), EVERY_MS);
  await sleep(WARM_UP_MS);
  const before = await redis.llen(QUEUE);
  const busyUs = await cpuOfWindow(options.seconds);
  const sent = (await redis.llen(QUEUE)) - before;
  clearInterval(timer);
  redis.disconnect();
  return { values: { cpuUs: (busyUs - idleUs) / sent, idleUsPerSecond: idleUs / options.seconds } };
};

/**
 * A started beat with one entry that is due ten times a second, beside others that are not due. The CPU of the same leader
 * before the entry's `startAt` is subtracted.
 */
export const beatxSteady: Cell = async (options) => {
  const [store, queue] = [await makeStore(options), await openQueue(options)];
  const startAt = Date.now() + (options.seconds * 1_000 + 3 * WARM_UP_MS);
  const due = { ...sampleEntry(0, every(EVERY_MS)), startAt };
  const schedule = { ...sampleSchedule(options.entries, rareRule), due };
  const { beat, log } = benchBeat({ store: store.uri, publisher: queue.uri, schedule, lockTtlMs: options.ttlMs });
  const leads = new Promise((resolve) => beat.once("leader", resolve));
  await beat.start();
  await leads;
  await sleep(WARM_UP_MS);
  const idleUs = await cpuOfWindow(options.seconds);
  await sleep(startAt - Date.now() + WARM_UP_MS);
  const before = await queue.length();
  const busyUs = await cpuOfWindow(options.seconds);
  const sent = (await queue.length()) - before;
  await beat.stop();
  await queue.close();
  return { values: { cpuUs: (busyUs - idleUs) / sent, idleUsPerSecond: idleUs / options.seconds }, said: log.lines };
};
