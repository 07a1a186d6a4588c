import { rm } from "node:fs/promises";
import { isLease, type Lease, type Store, type StoreProvider } from "@beatx/core/adapter";
import { storeProvider as lmdb } from "@beatx/store-lmdb";
import { storeProvider as memcached } from "@beatx/store-memcached";
import { storeProvider as redis } from "@beatx/store-redis";
import { askMemcached, redisCli, temporaryFolder } from "@beatx/test-servers";
import { sleep } from "../base/time.js";
import { type CellOptions, portOf } from "./cell.js";
import { NAMESPACE } from "./sample.js";

/** An empty store. */
export interface BenchStore {
  /** For `createBeat` and `createClient`. */
  readonly uri: string;
  readonly provider: StoreProvider;
  /** Removes what the cell has on disk. */
  readonly remove: () => Promise<void>;
}

/** Lifetime of the lease that only shows the server to have granted one. */
const FIRST_TTL_MS = 250;
const RETRY_MS = 50;
/** memcached forgets what was written until the end of the second in which it was flushed. */
const FLUSHED_MS = 1_100;

const MAKERS: Readonly<Record<CellOptions["store"], (options: CellOptions) => Promise<BenchStore>>> = {
  async redis(options) {
    const port = portOf(options, "redis");
    await redisCli(port, "FLUSHALL");
    return { uri: `redis://127.0.0.1:${port}/0`, provider: redis, remove: async () => {} };
  },
  async memcached(options) {
    const port = portOf(options, "memcached");
    await askMemcached(port, "flush_all\r\n", /OK\r\n$/);
    await sleep(FLUSHED_MS);
    return { uri: `memcached://127.0.0.1:${port}`, provider: memcached, remove: async () => {} };
  },
  async lmdb() {
    const folder = await temporaryFolder("bench");
    return { uri: `lmdb:${folder}`, provider: lmdb, remove: () => rm(folder, { recursive: true, force: true }) };
  },
};

/**
 * Makes the store of the cell, empty, in the state in which a node has led on it: a store that may have lost a lease makes
 * the next node wait for one lifetime (R33), which no cell measures.
 */
export async function makeStore(options: CellOptions): Promise<BenchStore> {
  const made = await MAKERS[options.store](options);
  await withStore(made, async (store) => void (await store.releaseLock(await takeLease(store, FIRST_TTL_MS))));
  return made;
}

/** Waits for the lease. */
export async function takeLease(store: Store, ttlMs: number): Promise<Lease> {
  for (;;) {
    const answer = await store.acquireLock({ token: "b".repeat(32), ttlMs, label: "bench" });
    if (isLease(answer)) return answer;
    await sleep(Math.min(answer.retryAfterMs, RETRY_MS));
  }
}

/** Runs `work` with an open store, and closes it. */
export async function withStore<T>({ provider, uri }: BenchStore, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await provider.open(uri, { namespace: NAMESPACE, commandTimeoutMs: 10_000 });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
