import { Redis } from "ioredis";
import { processCpuUs } from "../base/process-cpu.js";
import { counted, readRedisCounters, type RedisCounters } from "../base/redis-counters.js";
import type { CellOptions } from "./cell.js";

/** What the servers spent. */
export interface ServerSpending {
  /** CPU of all servers of the work, in µs; `undefined`: the system does not tell. */
  readonly cpuUs: number | undefined;
  /** Calls of each command of Redis. */
  readonly calls: Readonly<Record<string, number>>;
}

interface Reading {
  readonly redis: RedisCounters;
  readonly others: number | undefined;
}

/** Reads what the servers of a cell spend: Redis tells it itself, the others are asked through the system. */
export class ServerMeter {
  /** A connection of the measurement to Redis; `undefined`: the work has none. */
  readonly redis: Redis | undefined;
  readonly #others: readonly number[];
  #before: Reading | undefined;

  constructor({ servers }: Pick<CellOptions, "servers">) {
    const { redis, ...others } = servers;
    this.redis = redis && new Redis({ port: redis.port, host: "127.0.0.1", maxRetriesPerRequest: null });
    this.#others = Object.values(others).map(({ pid }) => pid);
  }

  async start(): Promise<void> {
    this.#before = await this.#read();
  }

  /** What was spent since `start`. */
  async stop(): Promise<ServerSpending> {
    const [before, after] = [this.#before!, await this.#read()];
    const { cpuUs, calls } = counted(before.redis, after.redis);
    const others = before.others === undefined || after.others === undefined ? undefined : after.others - before.others;
    return { cpuUs: others === undefined ? undefined : cpuUs + others, calls };
  }

  close(): void {
    this.redis?.disconnect();
  }

  async #read(): Promise<Reading> {
    const redis = this.redis ? await readRedisCounters(this.redis) : { cpuUs: 0, calls: {} };
    const used = this.#others.map(processCpuUs);
    const others = used.some((each) => each === undefined)
      ? undefined
      : used.reduce<number>((sum, each) => sum + each!, 0);
    return { redis, others };
  }
}
