import { createClient } from "@beatx/core";
import { askMemcached } from "@beatx/test-servers";
import { sleep, Stopwatch } from "../base/time.js";
import { benchBeat } from "./bench-beat.js";
import { type Cell, portOf } from "./cell.js";
import { openQueue } from "./queues.js";
import { NAMESPACE, rareRule, sampleEntry, sampleSchedule } from "./sample.js";
import { makeStore } from "./stores.js";

const PUTS = 10;
/** After a large merge a leader reads once what it wrote. It is idle after that. */
const SETTLE_MS = 8_000;
const READY_TIMEOUT_MS = 120_000;

/** Bytes that memcached has read from and written to its clients. */
interface Traffic {
  readonly received: number;
  readonly sent: number;
}

async function trafficOf(port: number): Promise<Traffic> {
  const text = (await askMemcached(port, "stats\r\n", /END\r\n$/)).toString();
  const number = (name: string): number => Number(new RegExp(`STAT ${name} (\\d+)`).exec(text)![1]);
  return { received: number("bytes_read"), sent: number("bytes_written") };
}

/**
 * A leader of `entries` entries on memcached, none of which is due but one that shows that it leads: what it reads each second,
 * and what one edit of a client costs beside them.
 */
export const memcachedIdle: Cell = async (options) => {
  const [store, queue] = [await makeStore(options), await openQueue(options)];
  const port = portOf(options, "memcached");
  const shown = { ...sampleEntry(0, "1s"), maxRuns: 1 };
  const schedule = { ...sampleSchedule(options.entries, rareRule), shown };
  const { beat, log } = benchBeat({ store: store.uri, publisher: queue.uri, schedule, lockTtlMs: options.ttlMs });
  let lostTerms = 0;
  beat.on("standby", ({ wasLeader }) => (lostTerms += wasLeader ? 1 : 0));
  const sent = new Promise<boolean>((resolve) => beat.once("published", () => resolve(true)));
  const gaveUp = new Promise<boolean>((resolve) => setTimeout(resolve, READY_TIMEOUT_MS, false).unref());
  const watch = new Stopwatch();
  await beat.start();
  if (!(await Promise.race([sent, gaveUp]))) throw new Error(`nothing was sent: ${log.lines.join("; ")}`);
  const readyMs = watch.wallMs;
  await sleep(SETTLE_MS);
  const idle = await idleTraffic(port, options.seconds);
  const edits = await measureEdits(store.uri, port);
  const lost = lostTerms;
  await beat.stop();
  await queue.close();
  return { values: { readyMs, lostTerms: lost, ...idle, ...edits }, said: log.lines };
};

async function idleTraffic(port: number, seconds: number): Promise<Record<string, number>> {
  const [before, watch] = [await trafficOf(port), new Stopwatch()];
  await sleep(seconds * 1_000);
  const after = await trafficOf(port);
  return { idleKbPerSecond: (after.sent - before.sent) / watch.wallMs };
}

async function measureEdits(uri: string, port: number): Promise<Record<string, number>> {
  const client = createClient({ store: uri, namespace: NAMESPACE, from: import.meta.url });
  await client.put("edit", sampleEntry(0, "1h"));
  const [before, watch] = [await trafficOf(port), new Stopwatch()];
  for (let index = 0; index < PUTS; index++) await client.put(`edit-${index}`, sampleEntry(index, "1h"));
  const after = await trafficOf(port);
  const bytes = after.sent - before.sent + after.received - before.received;
  const figures = { putMs: watch.wallMs / PUTS, putKb: bytes / PUTS / 1_000 };
  await client.close();
  return figures;
}
