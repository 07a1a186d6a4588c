import { preciseNow, sleep } from "../base/time.js";
import { type BenchBeat, benchBeat, tickUntilLeading } from "./bench-beat.js";
import type { Cell, CellOptions } from "./cell.js";
import { measureBursts } from "./measure-bursts.js";
import { type BenchQueue, openQueue } from "./queues.js";
import { every, sampleSchedule } from "./sample.js";
import { makeStore } from "./stores.js";

/** A beat that is not ticked loses its lease. */
const TICK_EVERY_MS = 500;
/** What has not come so long after its instant is missing. */
const GIVE_UP_MS = 120_000;
/** A tick this long before the instant, so that it finds lease and time of the store fresh. */
const LAST_TICK_MS = 60;
/** A burst begins this long after its instant, since the store's clock may be behind by an answer. */
const AFTER_INSTANT_MS = 3;

/** Entries of beatx that are all due at one instant. The cell runs the ticks, so no timer is part of the figure. */
export const beatxBurst: Cell = async (options) => {
  const [store, queue] = [await makeStore(options), await openQueue(options)];
  await queue.clear();
  const rule = every(options.everyMs);
  const bench = benchBeat({
    store: store.uri,
    publisher: queue.uri,
    schedule: sampleSchedule(options.count, () => rule),
    lockTtlMs: options.ttlMs,
  });
  await tickUntilLeading(bench);
  const result = await measureBursts(options, bursting(bench, queue, options));
  await bench.beat.stop();
  await queue.close();
  await store.remove();
  return { ...result, said: bench.log.lines };
};

function bursting(
  { beat }: BenchBeat,
  queue: BenchQueue,
  { count, everyMs }: CellOptions,
): Parameters<typeof measureBursts>[1] {
  let dueAt = 0;
  let isLate = false;
  return {
    async prepare() {
      // What is due already goes out first. If that takes until the instant, the next one is measured.
      do {
        await drain();
        dueAt = Math.ceil((Date.now() + LAST_TICK_MS) / everyMs) * everyMs;
        await tickUntil(dueAt - LAST_TICK_MS);
        await queue.clear();
      } while (Date.now() > dueAt - AFTER_INSTANT_MS);
    },
    wait: () => sleep(dueAt + AFTER_INSTANT_MS - preciseNow()),
    async send() {
      for (;;) {
        const waitMs = await beat.tick();
        if (waitMs <= 0) continue;
        isLate = Date.now() > dueAt + everyMs;
        if ((await queue.length()) >= count) return;
        if (Date.now() > dueAt + GIVE_UP_MS) return;
        await sleep(Math.min(waitMs, AFTER_INSTANT_MS));
      }
    },
    arrived: () => queue.length(),
    isSpoilt: () => isLate,
  };

  async function tickUntil(moment: number): Promise<void> {
    do {
      await sleep(Math.min(moment - Date.now(), TICK_EVERY_MS));
      await beat.tick();
    } while (Date.now() < moment);
  }

  async function drain(): Promise<void> {
    for (let quiet = 0; quiet < 2;) quiet = (await beat.tick()) > 0 ? quiet + 1 : 0;
  }
}
