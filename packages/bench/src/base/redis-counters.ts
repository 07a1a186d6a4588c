import type { Redis } from "ioredis";

/** What a Redis server has counted. */
export interface RedisCounters {
  /** CPU time, in µs. */
  readonly cpuUs: number;
  /** Number of calls of each command. */
  readonly calls: Readonly<Record<string, number>>;
}

/** Commands of the measurement itself. */
const OWN = /^(info|config|llen|zcard|select|ping|client|hello|auth|command|del|flush|scan|script)/;

/** Reads the counters. */
export async function readRedisCounters(redis: Redis): Promise<RedisCounters> {
  const [cpu, commands] = [await redis.info("cpu"), await redis.info("commandstats")];
  return { cpuUs: cpuUsOf(cpu), calls: callsOf(commands) };
}

/** The CPU time in an answer of `INFO cpu`, in µs. */
export function cpuUsOf(info: string): number {
  const seconds = (name: string): number => Number(new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? 0);
  return Math.round((seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1e6);
}

/** The calls in an answer of `INFO commandstats`, without those that the measurement makes. */
export function callsOf(info: string): Record<string, number> {
  const found = [...info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)];
  return Object.fromEntries(
    found.filter(([, name]) => !OWN.test(name!)).map(([, name, calls]) => [name!, Number(calls)]),
  );
}

/** What was counted between two readings. Commands that were not called are left out. */
export function counted(before: RedisCounters, after: RedisCounters): RedisCounters {
  const calls = Object.entries(after.calls).map(([name, count]) => [name, count - (before.calls[name] ?? 0)] as const);
  return { cpuUs: after.cpuUs - before.cpuUs, calls: Object.fromEntries(calls.filter(([, count]) => count > 0)) };
}
