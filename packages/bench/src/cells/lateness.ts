import { Redis } from "ioredis";
import { quantileOf } from "../base/statistics.js";
import { preciseNow, sleep } from "../base/time.js";
import { benchBeat } from "./bench-beat.js";
import { type Cell, type CellOptions, type CellResult, portOf } from "./cell.js";
import { openQueue } from "./queues.js";
import { celeryText, every, QUEUE, sampleSchedule } from "./sample.js";
import { makeStore } from "./stores.js";

export const SECOND_MS = 1_000;
/** Time for the last messages after the window. */
export const AFTER_MS = 900;
const WARM_UP_SECONDS = 2;

/** How late a message was confirmed. */
export interface Confirmed {
  /** Epoch ms. */
  readonly dueAt: number;
  readonly lateMs: number;
}

/** The figures of a window that began at `startAt`. `lost`: not confirmed when the window was over. */
export function latenessOf(
  confirmed: readonly Confirmed[],
  startAt: number,
  { seconds, count }: Pick<CellOptions, "seconds" | "count">,
): CellResult {
  const end = startAt + seconds * SECOND_MS;
  const within = confirmed.filter(({ dueAt }) => dueAt >= startAt && dueAt < end);
  const late = within.map(({ lateMs }) => lateMs);
  const third = (seconds * SECOND_MS) / 3;
  const medianOfPart = (from: number, to: number): number =>
    quantileOf(within.filter(({ dueAt }) => dueAt >= from && dueAt < to).map(({ lateMs }) => lateMs), 0.5); // prettier-ignore
  const driftMs = medianOfPart(end - third, end) - medianOfPart(startAt, startAt + third);
  return {
    values: {
      p50Ms: quantileOf(late, 0.5),
      p99Ms: quantileOf(late, 0.99),
      lost: seconds * count - late.length,
      driftMs,
    },
  };
}

/** The first second of the next window: there is time to warm up. */
export function windowStart(): number {
  return (Math.ceil(Date.now() / SECOND_MS) + WARM_UP_SECONDS) * SECOND_MS;
}

/** One timer, which pushes all messages of a second in one pipeline. */
export const rawLateness: Cell = async (options) => {
  const redis = new Redis(portOf(options, "redis"), "127.0.0.1");
  await redis.flushall();
  const text = await celeryText();
  const confirmed: Confirmed[] = [];
  const send = async (dueAt: number): Promise<void> => {
    const pipeline = redis.pipeline();
    for (let index = 0; index < options.count; index++) pipeline.lpush(QUEUE, text);
    await pipeline.exec();
    const lateMs = preciseNow() - dueAt;
    for (let index = 0; index < options.count; index++) confirmed.push({ dueAt, lateMs });
  };
  const startAt = windowStart();
  const end = startAt + options.seconds * SECOND_MS;
  const sending: Promise<void>[] = [];
  // The seconds before the window warm the code up, as a leader's do.
  for (let dueAt = startAt - SECOND_MS; dueAt < end; dueAt += SECOND_MS) {
    while (preciseNow() < dueAt) await sleep(dueAt - preciseNow());
    sending.push(send(dueAt));
  }
  await Promise.all(sending);
  redis.disconnect();
  return latenessOf(confirmed, startAt, options);
};

/** A started beat with `count` entries that are all due each second, from the instant to the event that confirms the message. */
export const beatxLateness: Cell = async (options) => {
  const [store, queue] = [await makeStore(options), await openQueue(options)];
  const schedule = sampleSchedule(options.count, () => every(SECOND_MS));
  const { beat, log } = benchBeat({ store: store.uri, publisher: queue.uri, schedule, lockTtlMs: options.ttlMs });
  const confirmed: Confirmed[] = [];
  beat.on("published", ({ scheduledAt }) => {
    confirmed.push({ dueAt: scheduledAt, lateMs: preciseNow() - scheduledAt });
  });
  const sends = new Promise((resolve) => beat.once("published", resolve));
  await beat.start();
  await sends;
  const startAt = windowStart();
  await sleep(startAt + options.seconds * SECOND_MS + AFTER_MS - preciseNow());
  const result = latenessOf(confirmed, startAt, options);
  await beat.stop();
  await queue.close();
  return { ...result, said: log.lines };
};
