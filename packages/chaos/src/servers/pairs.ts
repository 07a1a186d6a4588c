import { type RedisSentinel, startRedisSentinel, waitFor } from "@beatx/test-servers";
import { BULLMQ, CELERY_REDIS, collectCelery, type Queue, RABBIT } from "./queues.js";
import { harmRedis, startDurableRedis } from "./redis-faults.js";
import type { Pair } from "./pair.js";
import { LMDB, memcachedStore, REDIS, type Store } from "./stores.js";

/** Store and queue on servers of their own. */
function separate(store: Store, queue: Queue): Pair {
  return {
    name: `${store.name}/${queue.name}`,
    guarantee: queue.guarantee,
    timing: store.timing,
    choices: [...store.choices, ...queue.choices],
    async open() {
      const [openStore, openQueue] = await Promise.all([store.open(), queue.open()]);
      return {
        ports: { store: openStore.port, queue: openQueue.port },
        options: (ports) => ({ store: openStore.uri(ports.store), publisher: openQueue.publisher(ports.queue!) }),
        collector: openQueue.collector,
        harm: (fault) => (fault.server === "store" ? openStore : openQueue).harm(fault),
        async stop() {
          await Promise.all([openStore.stop(), openQueue.stop()]);
        },
      };
    },
  };
}

/** The same, but what may have been sent is never sent again. */
function atMostOnce(pair: Pair): Pair {
  return { ...pair, name: `${pair.name}-at-most-once`, guarantee: "P at-most-once" };
}

/** One Redis is store and queue: message and cursor are written in one step. */
const ONE_REDIS: Pair = {
  name: "redis/celery-same-redis",
  guarantee: "T",
  timing: REDIS.timing,
  choices: REDIS.choices.map((choice) => ({ ...choice, server: "both" as const })),
  async open() {
    const redis = await startDurableRedis();
    const collector = collectCelery({ host: redis.host, port: redis.port, db: 1 });
    return {
      ports: { store: redis.port, queue: redis.port },
      options: (ports) => ({
        store: `redis://127.0.0.1:${ports.store}/0`,
        publisher: `celery+redis://127.0.0.1:${ports.queue}/1`,
      }),
      collector,
      harm: (fault) => harmRedis(redis, fault),
      async stop() {
        await collector.stop();
        await redis.stop();
      },
    };
  },
};

/** A master and its replica. The sentinels name the servers, so no proxy stands between. */
const SENTINEL: Pair = {
  name: "redis-sentinel/celery-same-redis",
  guarantee: "T",
  timing: REDIS.timing,
  choices: [{ kind: "promotion", server: "both", weight: 5 }],
  async open() {
    const sentinel = await startRedisSentinel();
    const sentinels = sentinel.ports.map((port) => ({ host: "127.0.0.1", port }));
    const collector = collectCelery({ sentinels, name: sentinel.masterName, db: 1 });
    return {
      ports: { store: undefined, queue: undefined },
      options: () => ({ store: `${sentinel.uri}/0`, publisher: `celery+${sentinel.uri}/1` }),
      collector,
      harm: () => promote(sentinel),
      async stop() {
        await collector.stop();
        await sentinel.stop();
      },
    };
  },
};

/** Kills the master, waits until the replica has taken its place, and starts the old master as its replica. */
async function promote(sentinel: RedisSentinel): Promise<undefined> {
  const { master, replica } = sentinel;
  const before = await sentinel.masterPort();
  const [dying, next] = master.port === before ? [master, replica] : [replica, master];
  await dying.kill();
  await waitFor("the promotion", async () => (await sentinel.masterPort()) === next.port);
  await waitFor("the new master", async () => (await next.cli("ROLE")).startsWith("master"));
  await dying.restart();
  // The sentinels take part: whoever is the master by their word gets the other one as its replica.
  await waitFor("the new replica", async () => {
    const port = await sentinel.masterPort();
    const follower = port === master.port ? replica : master;
    const link = await follower.cli("INFO", "replication");
    if (link.includes(`master_port:${port}`)) return link.includes("master_link_status:up");
    await follower.cli("REPLICAOF", "127.0.0.1", String(port));
    return false;
  });
}

/** All pairs of a long run. */
export const PAIRS: readonly Pair[] = [
  ONE_REDIS,
  SENTINEL,
  separate(REDIS, CELERY_REDIS),
  separate(REDIS, BULLMQ),
  separate(REDIS, RABBIT),
  atMostOnce(separate(REDIS, RABBIT)),
  separate(memcachedStore("memcached"), CELERY_REDIS),
  separate(memcachedStore("memjs"), RABBIT),
  separate(LMDB, CELERY_REDIS),
  separate(LMDB, BULLMQ),
];
