import type { Store } from "@beatx/core";
import { STORE_CONTRACT, type StoreCapabilities } from "@beatx/core/adapter";
import { NOW, script } from "@beatx/shared-redis";
import { advanceCommands } from "./advance.js";
import { connectStore } from "./connect.js";
import { checkHealth } from "./health.js";
import { MAX_VALUE_BYTES, redisKeys } from "./keys.js";
import { lockCommands } from "./lock.js";
import { checkOptions } from "./options.js";
import type { RedisStoreOptions } from "./options.js";
import { scheduleCommands } from "./schedule.js";
import { watchChannel } from "./watch.js";

const CAPABILITIES: StoreCapabilities = {
  durable: true,
  fencedWrites: true,
  outbox: true,
  lockResolutionMs: 1,
  maxValueBytes: MAX_VALUE_BYTES,
};

const GET_TIME = script(NOW, "return now");

/**
 * A store on Redis 6.2 or newer: one server, a master behind sentinels, or a cluster. Connects when it is first used.
 * @throws ConfigError for options that can never work.
 */
export function redisStore(options: RedisStoreOptions): Required<Store> {
  const checked = checkOptions(options);
  const { namespace, incarnationGuard } = checked;
  const keys = redisKeys(namespace);
  const connection = connectStore(checked, keys);
  const watchers = new Set<() => Promise<void>>();
  let isClosed = false;
  const endWatch = async (end: () => Promise<void>): Promise<void> => {
    watchers.delete(end);
    await end();
  };
  return {
    contract: STORE_CONTRACT,
    name: "redis",
    server: connection.place,
    // The guard puts the id of the server process into the revision.
    capabilities: { ...CAPABILITIES, revisionShowsOlderState: incarnationGuard },
    ...lockCommands(connection, keys, incarnationGuard),
    ...scheduleCommands(connection, keys, incarnationGuard, CAPABILITIES.maxValueBytes),
    ...advanceCommands(connection, keys, namespace, CAPABILITIES.maxValueBytes),
    // A script with a key reads the clock of the cluster's node that keeps the lock.
    getTime: async () => (await connection.runScript("read the server's clock", GET_TIME, [keys.lock], [])) as number,
    checkHealth: () => checkHealth(connection, keys),
    async watch(onHint) {
      const end = await watchChannel(connection, keys.wake, onHint);
      watchers.add(end);
      // The store was closed while the watch was being opened, so `close` did not know of it.
      if (isClosed) await endWatch(end);
      return () => endWatch(end);
    },
    async close() {
      isClosed = true;
      await Promise.all([connection.close(), ...[...watchers].map(endWatch)]);
    },
  };
}
