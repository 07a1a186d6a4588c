import type { StoreProvider } from "@beatx/core/adapter";
import type { RedisStoreOptions } from "./options.js";
import { redisStore } from "./redis-store.js";
import { REDIS_SCHEMES } from "./uri.js";

/** Opens `redis:`, `rediss:`, `redis+unix:`, `redis[s]-sentinel:` and `redis[s]-cluster:` URIs. */
export const storeProvider: StoreProvider = {
  schemes: REDIS_SCHEMES,
  async open(uri, options = {}) {
    const { namespace, commandTimeoutMs, tls, sentinelUsername, sentinelPassword, incarnationGuard } =
      options as RedisStoreOptions;
    return redisStore({
      uri,
      ...(namespace !== undefined && { namespace }),
      ...(commandTimeoutMs !== undefined && { commandTimeoutMs }),
      ...(tls !== undefined && { tls }),
      ...(sentinelUsername !== undefined && { sentinelUsername }),
      ...(sentinelPassword !== undefined && { sentinelPassword }),
      ...(incarnationGuard !== undefined && { incarnationGuard }),
    });
  },
};
