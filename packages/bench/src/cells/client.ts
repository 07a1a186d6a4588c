import { type Client, createClient } from "@beatx/core";
import { Redis } from "ioredis";
import { counted, readRedisCounters } from "../base/redis-counters.js";
import { Stopwatch } from "../base/time.js";
import { type Cell, type CellResult, portOf } from "./cell.js";
import { NAMESPACE, nameOf, sampleEntry } from "./sample.js";

/** One call of a client whose cost is measured. The first call of a fresh client is the edit. */
interface Operation {
  readonly name: string;
  /** A fresh client makes the call. Default: the client of the operation before. */
  readonly fresh?: boolean;
  /** How often; the figures are of one call. */
  readonly times: number;
  readonly call: (client: Client, index: number) => Promise<unknown>;
}

/** A bulk call of the client is one more line here. */
const OPERATIONS: readonly Operation[] = [
  { name: "firstEdit", fresh: true, times: 1, call: (client) => client.put("edit-first", sampleEntry(0, "1h")) },
  { name: "edit", times: 20, call: (client, index) => client.put(`edit-${index}`, sampleEntry(index, "1h")) },
  { name: "get", fresh: true, times: 2, call: (client, index) => client.get(nameOf(index + 1)) },
  { name: "next", fresh: true, times: 2, call: (client, index) => client.next(nameOf(index + 1)) },
];

/** What calls of a client cost on a full store: wall time, CPU of the client, and commands, of one call each. */
export const clientCalls: Cell = async (options) => {
  const port = portOf(options, "redis");
  const redis = new Redis(port, "127.0.0.1");
  const open = (): Client =>
    createClient({ store: `redis://127.0.0.1:${port}/0`, namespace: NAMESPACE, from: import.meta.url });
  let client = open();
  const values: Record<string, number> = {};
  for (const { name, fresh = false, times, call } of OPERATIONS) {
    if (fresh) {
      await client.close();
      client = open();
    }
    const measured = await measureCalls(redis, times, (index) => call(client, index));
    for (const [figure, value] of Object.entries(measured)) values[`${name}${figure}`] = value / times;
  }
  await client.close();
  redis.disconnect();
  return { values };
};

async function measureCalls(
  redis: Redis,
  times: number,
  call: (index: number) => Promise<unknown>,
): Promise<CellResult["values"]> {
  const before = await readRedisCounters(redis);
  const watch = new Stopwatch();
  for (let index = 0; index < times; index++) await call(index);
  const { wallMs, cpuUs } = watch;
  const { calls } = counted(before, await readRedisCounters(redis));
  const commands = Object.values(calls).reduce((sum, count) => sum + count, 0);
  return { Ms: wallMs, CpuMs: cpuUs / 1_000, Commands: commands };
}
