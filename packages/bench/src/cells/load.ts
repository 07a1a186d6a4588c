import { Redis } from "ioredis";
import { collectGarbage } from "../base/garbage.js";
import { Stopwatch } from "../base/time.js";
import { benchBeat } from "./bench-beat.js";
import { type Cell, type CellResult, portOf } from "./cell.js";
import { RAW_KEYS } from "./fill.js";
import { openQueue } from "./queues.js";

const SCAN = 1_000;

/** Heap of this process after a collection, array buffers included, in bytes. */
function heapBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Measures a loading: CPU and heap for each entry. `load` resolves to what keeps the loaded data alive. */
async function measureLoad(entries: number, load: () => Promise<unknown>): Promise<CellResult> {
  const before = heapBytes();
  const watch = new Stopwatch();
  const kept = await load();
  const { wallMs, cpuUs } = watch;
  const heap = heapBytes() - before;
  if (kept === undefined) throw new Error("nothing was loaded");
  return { values: { wallMs, cpuUs: cpuUs / entries, heapBytes: heap / entries } };
}

/** HSCAN by 1,000, the cursors of each page, and JSON.parse of all texts: the least that a loading leader has to do. */
export const rawLoad: Cell = async (options) => {
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  await redis.ping();
  const result = await measureLoad(options.entries, async () => {
    const loaded = new Map<string, { definition: unknown; cursor: unknown }>();
    let page = "0";
    do {
      const [next, pairs] = await redis.hscan(RAW_KEYS.definitions, page, "COUNT", SCAN);
      const names = pairs.filter((_, index) => index % 2 === 0);
      const cursors = names.length === 0 ? [] : await redis.hmget(RAW_KEYS.cursors, ...names);
      for (const [index, name] of names.entries()) {
        const cursor: unknown = JSON.parse(cursors[index]!);
        loaded.set(name, { definition: JSON.parse(pairs[2 * index + 1]!), cursor });
      }
      page = next;
    } while (page !== "0");
    return loaded.size === options.entries ? loaded : undefined;
  });
  redis.disconnect();
  return result;
};

/**
 * A beat from `start` to its first message: nobody leads, and the store is full. Its packages are loaded before, as the
 * library of the raw cell is.
 */
export const beatxLoad: Cell = async (options) => {
  await Promise.all([import("@beatx/store-redis"), import("@beatx/publisher-celery")]);
  const queue = await openQueue(options);
  const { beat, log } = benchBeat({
    store: `redis://127.0.0.1:${portOf(options, "redis")}/0`,
    publisher: queue.uri,
    lockTtlMs: options.ttlMs,
    commandTimeoutMs: 4_000,
  });
  const result = await measureLoad(options.entries, async () => {
    const sent = new Promise((resolve) => beat.once("published", resolve));
    await beat.start();
    return sent;
  });
  await beat.stop();
  await queue.close();
  return { ...result, said: log.lines };
};
