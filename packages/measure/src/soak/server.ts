import { Redis } from "ioredis";
import { type Arrival, readArrival } from "./arrivals.js";
import type { ServerFootprint } from "./limits.js";

const QUEUE = "celery";
const BATCH = 10_000;
const SIZE_COMMANDS: Readonly<Record<string, string>> = { hash: "hlen", zset: "zcard", list: "llen", set: "scard" };

/** The Redis of the soak, seen by a worker that takes all messages and by a curious administrator. */
export class SoakServer {
  readonly #redis: Redis;

  constructor(port: number) {
    this.#redis = new Redis(port, "127.0.0.1");
  }

  /** Takes everything out of the queue. */
  async drain(): Promise<Arrival[]> {
    const texts: string[] = [];
    for (;;) {
      const batch = await this.#redis.rpop(QUEUE, BATCH);
      if (batch === null) return texts.map(readArrival);
      texts.push(...batch);
    }
  }

  async measure(): Promise<ServerFootprint> {
    const memory = await this.#redis.info("memory");
    const clients = await this.#redis.info("clients");
    const keys = (await this.#redis.keys("*")).filter((key) => key !== QUEUE);
    const [removals, others] = [keys.filter(isRemovals), keys.filter((key) => !isRemovals(key))];
    return {
      memory: Number(/^used_memory:(\d+)/m.exec(memory)![1]),
      keys: keys.length,
      records: await this.#sizeOfAll(others),
      removals: await this.#sizeOfAll(removals),
      connections: Number(/^connected_clients:(\d+)/m.exec(clients)![1]),
    };
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #sizeOfAll(keys: readonly string[]): Promise<number> {
    const sizes = await Promise.all(keys.map((key) => this.#sizeOf(key)));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** A key without parts, and one that has just gone, count as one record. */
  async #sizeOf(key: string): Promise<number> {
    const command = SIZE_COMMANDS[await this.#redis.type(key)];
    return command === undefined ? 1 : Number(await this.#redis.call(command, key));
  }
}

function isRemovals(key: string): boolean {
  return key.endsWith(":removed");
}
