import { rm } from "node:fs/promises";
import { startMemcached, startRedis, temporaryFolder } from "@beatx/test-servers";

/** The stores of which take-overs are measured. */
export type StoreName = "redis" | "memcached" | "lmdb";

/** A store's server; a folder has none. */
export interface StoreServer {
  readonly kill: () => Promise<void>;
  /** Resolves when it answers. `empty`: without its data. */
  readonly restart: (options?: { readonly empty?: boolean }) => Promise<void>;
  readonly port: number;
}

/** A running store. */
export interface RunningStore {
  readonly name: StoreName;
  readonly server: StoreServer | null;
  /** Where a node finds it: through `port` of a proxy, if it is given. */
  uri(port?: number): string;
  stop(): Promise<void>;
}

const STARTERS: Readonly<Record<StoreName, () => Promise<RunningStore>>> = {
  async redis() {
    const redis = await startRedis({ appendOnly: true });
    return {
      name: "redis",
      server: {
        kill: () => redis.kill(),
        restart: (options) => redis.restart(options),
        port: redis.port,
      },
      uri: (port = redis.port) => `redis://127.0.0.1:${port}/0`,
      stop: () => redis.stop(),
    };
  },
  async memcached() {
    const memcached = await startMemcached();
    return {
      name: "memcached",
      server: {
        kill: () => memcached.kill(),
        restart: () => memcached.restart(),
        port: memcached.port,
      },
      uri: (port = memcached.port) => `memcached://127.0.0.1:${port}`,
      stop: () => memcached.stop(),
    };
  },
  async lmdb() {
    const folder = await temporaryFolder("take-over");
    return {
      name: "lmdb",
      server: null,
      uri: () => `lmdb:${folder}`,
      stop: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

/** Starts a store of its own. */
export function startStore(name: StoreName): Promise<RunningStore> {
  return STARTERS[name]();
}
