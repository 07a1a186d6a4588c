import { Redis } from "ioredis";
import { LongestBlock } from "../base/longest-block.js";
import { collectGarbage } from "../base/garbage.js";
import { Stopwatch } from "../base/time.js";
import { benchBeat } from "./bench-beat.js";
import { type Cell, portOf } from "./cell.js";
import { openQueue } from "./queues.js";
import { every, nameOf, rareRule, sampleEntry, sampleSchedule } from "./sample.js";
import { storedTexts } from "./stored-texts.js";
import { makeStore } from "./stores.js";

const TOGETHER = 500;
const GIVE_UP_MS = 600_000;

/**
 * The first start of a beat with `entries` configured entries on an empty store, from `createBeat` to its first message.
 * `createBeat` checks all entries before it returns; blocks are measured from then on, while the node has a lease to renew. The
 * code of the packages is loaded before.
 */
export const beatxFirstStart: Cell = async (options) => {
  await import("@beatx/publisher-celery");
  const [store, queue] = [await makeStore(options), await openQueue(options)];
  await queue.clear();
  // One entry is due ten times a second: its message shows that the schedule is merged.
  const due = sampleEntry(0, every(100));
  const schedule = { ...sampleSchedule(options.entries - 1, rareRule), due };
  collectGarbage();
  const watch = new Stopwatch();
  const { beat, log } = benchBeat({ store: store.uri, publisher: queue.uri, schedule, lockTtlMs: options.ttlMs });
  const createMs = watch.wallMs;
  const block = new LongestBlock();
  let lostTerms = 0;
  beat.on("standby", ({ wasLeader }) => (lostTerms += wasLeader ? 1 : 0));
  const sent = new Promise<boolean>((resolve) => beat.once("published", () => resolve(true)));
  const gaveUp = new Promise<boolean>((resolve) => setTimeout(resolve, GIVE_UP_MS, false).unref());
  await beat.start();
  const isReady = await Promise.race([sent, gaveUp]);
  const { wallMs, cpuUs } = watch;
  const [longestBlockMs, lost] = [block.stop(), lostTerms];
  if (!isReady) throw new Error(`nothing was sent within ${GIVE_UP_MS / 60_000} minutes: ${log.lines.join("; ")}`);
  await beat.stop();
  await queue.close();
  await store.remove();
  const values = { wallMs, cpuUs: cpuUs / options.entries, createMs, longestBlockMs, lostTerms: lost };
  return { values, said: log.lines };
};

/** The same definitions, serialised once each and written 500 at a time, with nothing else. */
export const rawFirstStart: Cell = async (options) => {
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  await redis.flushall();
  const { definition } = await storedTexts();
  const parsed: unknown = JSON.parse(definition(0));
  collectGarbage();
  const [watch, block] = [new Stopwatch(), new LongestBlock()];
  for (let from = 0; from < options.entries; from += TOGETHER) {
    const fields: string[] = [];
    for (let index = from; index < Math.min(from + TOGETHER, options.entries); index++) {
      fields.push(nameOf(index), JSON.stringify(parsed));
    }
    await redis.hset("definitions", ...fields);
  }
  const { wallMs, cpuUs } = watch;
  const longestBlockMs = block.stop();
  redis.disconnect();
  return { values: { wallMs, cpuUs: cpuUs / options.entries, longestBlockMs } };
};
