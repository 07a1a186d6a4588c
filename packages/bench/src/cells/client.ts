import { type Client, createClient, type EditResult, type EntryInput } from "@beatx/core";
import { Redis } from "ioredis";
import { counted, readRedisCounters } from "../base/redis-counters.js";
import { SentCommands } from "../base/sent-commands.js";
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

/** Names of one bulk call. */
const BULK = 10_000;

const bulkName = (index: number): string => `bulk-${index}`;

const OPERATIONS: readonly Operation[] = [
  { name: "firstEdit", fresh: true, times: 1, call: (client) => client.put("edit-first", sampleEntry(0, "1h")) },
  { name: "edit", times: 20, call: (client, index) => client.put(`edit-${index}`, sampleEntry(index, "1h")) },
  { name: "get", fresh: true, times: 2, call: (client, index) => client.get(nameOf(index + 1)) },
  { name: "next", fresh: true, times: 2, call: (client, index) => client.next(nameOf(index + 1)) },
  { name: "bulkPut", fresh: true, times: 1, call: async (client) => refuseFailed(await client.putMany(bulkEntries())) },
  { name: "bulkRemove", times: 1, call: async (client) => refuseFailed(await client.removeMany(bulkNames())) },
  { name: "status", fresh: true, times: 1, call: (client) => client.status() },
];

function* bulkEntries(): Generator<readonly [string, EntryInput]> {
  for (let index = 0; index < BULK; index++) yield [bulkName(index), sampleEntry(index, "1h")];
}

const bulkNames = (): string[] => Array.from({ length: BULK }, (_, index) => bulkName(index));

/** A bulk call that has not edited every name has no figures. @throws the first error of a name */
function refuseFailed(results: readonly EditResult[]): void {
  for (const { error } of results) if (error) throw error;
}

/** What calls of a client cost on a full store: wall time, CPU of the client, and commands, sent and carried out, of one call each. */
export const clientCalls: Cell = async (options) => {
  const port = portOf(options, "redis");
  const redis = new Redis(port, "127.0.0.1");
  const open = (): Client =>
    createClient({ store: `redis://127.0.0.1:${port}/0`, namespace: NAMESPACE, from: import.meta.url });
  const commands = new SentCommands();
  let client = open();
  const values: Record<string, number> = {};
  for (const { name, fresh = false, times, call } of OPERATIONS) {
    if (fresh) {
      await client.close();
      client = open();
    }
    const measured = await measureCalls({ redis, commands }, times, (index) => call(client, index));
    for (const [figure, value] of Object.entries(measured)) values[`${name}${figure}`] = value / times;
  }
  await client.close();
  redis.disconnect();
  return { values };
};

async function measureCalls(
  { redis, commands }: { readonly redis: Redis; readonly commands: SentCommands },
  times: number,
  call: (index: number) => Promise<unknown>,
): Promise<CellResult["values"]> {
  const before = await readRedisCounters(redis);
  const [watch, sentBefore] = [new Stopwatch(), commands.count];
  for (let index = 0; index < times; index++) await call(index);
  const [{ wallMs, cpuUs }, sent] = [watch, commands.count - sentBefore];
  const { calls } = counted(before, await readRedisCounters(redis));
  const carriedOut = Object.values(calls).reduce((sum, count) => sum + count, 0);
  return { Ms: wallMs, CpuMs: cpuUs / 1_000, Commands: carriedOut, Sent: sent };
}
