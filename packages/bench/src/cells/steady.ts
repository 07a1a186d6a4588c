import type { EntryInput } from "@beatx/core";
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
/** A leader has sent thousands of messages before long. Some entries that are due ten times a second make its code as warm. */
const WARM_UP_ENTRIES = 50;
const WARM_UP_ROUNDS = 60;
/** So long a new process goes on compiling and tidying its heap: without it the idle CPU would be too high. */
const SETTLE_MS = 4_000;

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
  const send = (): unknown => redis.evalsha(script, 3, "lock", QUEUE, "cursors", "token", text, nameOf(0), `{"at":1}`);
  for (let sent = 0; sent < WARM_UP_ENTRIES * WARM_UP_ROUNDS; sent++) {
    await send();
    await sleep(EVERY_MS / WARM_UP_ENTRIES);
  }
  await sleep(SETTLE_MS);
  const idleUs = await cpuOfWindow(options.seconds);
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
  const warmUntil = Date.now() + WARM_UP_ROUNDS * EVERY_MS;
  const startAt = warmUntil + options.seconds * 1_000 + SETTLE_MS + 2 * WARM_UP_MS;
  const due = { ...sampleEntry(0, every(EVERY_MS)), startAt };
  const schedule = { ...sampleSchedule(options.entries, rareRule), ...warmUpEntries(warmUntil), due };
  const { beat, log } = benchBeat({ store: store.uri, publisher: queue.uri, schedule, lockTtlMs: options.ttlMs });
  const leads = new Promise((resolve) => beat.once("leader", resolve));
  await beat.start();
  await leads;
  await sleep(warmUntil + SETTLE_MS - Date.now());
  const idleUs = await cpuOfWindow(options.seconds);
  await sleep(startAt - Date.now() + WARM_UP_MS);
  const before = await queue.length();
  const busyUs = await cpuOfWindow(options.seconds);
  const sent = (await queue.length()) - before;
  await beat.stop();
  await queue.close();
  return { values: { cpuUs: (busyUs - idleUs) / sent, idleUsPerSecond: idleUs / options.seconds }, said: log.lines };
};

/** Their jitter spreads them over the tenth of a second, so that each is a tick of its own. */
function warmUpEntries(endAt: number): Record<string, EntryInput> {
  const entry = { ...sampleEntry(0, every(EVERY_MS)), jitterMs: EVERY_MS, endAt };
  return Object.fromEntries(Array.from({ length: WARM_UP_ENTRIES }, (_, index) => [`warm-up-${index}`, entry]));
}
