import { startMemcached, startRabbit, startRedis } from "@beatx/test-servers";
import type { Place, ServerName } from "../cells/cell.js";
import type { Work } from "../works/work.js";

/** A running server. */
interface Server extends Place {
  stop(): Promise<void>;
}

/** Memory of memcached in MB: no cell may lose an item to eviction. */
const MEMCACHED_MB = "1024";

const STARTERS: Readonly<Record<ServerName, () => Promise<Server>>> = {
  redis: () => startRedis(),
  memcached: () => startMemcached({ args: ["-m", MEMCACHED_MB] }),
  rabbitmq: () => startRabbit(),
};

/** The servers of one piece of work. None of them writes to disk, but RabbitMQ. */
export class Servers {
  readonly #shared = new Map<ServerName, Server>();
  readonly #filled = new Map<number, Server>();

  private constructor() {}

  static async start({ servers }: Pick<Work, "servers">): Promise<Servers> {
    const started = new Servers();
    try {
      for (const name of servers) started.#shared.set(name, await STARTERS[name]());
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  /** The servers that all cells of the work share. */
  places(): Partial<Record<ServerName, Place>> {
    return Object.fromEntries([...this.#shared].map(([name, { port, pid }]) => [name, { port, pid }]));
  }

  /** A Redis that `fill` filled with so many entries. It is started and filled only once. */
  async filled(
    entries: number,
    fill: (places: Partial<Record<ServerName, Place>>) => Promise<void>,
  ): Promise<Partial<Record<ServerName, Place>>> {
    const known = this.#filled.get(entries);
    const redis = known ?? (await STARTERS.redis());
    this.#filled.set(entries, redis);
    const places = { ...this.places(), redis: { port: redis.port, pid: redis.pid } };
    if (!known) await fill(places);
    return places;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#shared.values(), ...this.#filled.values()].map((server) => server.stop()));
  }
}
