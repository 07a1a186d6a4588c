import type { StoreProvider } from "@beatx/core/adapter";
import { MEMCACHED_SCHEMES, memcachedStore } from "./memcached-store.js";
import type { MemcachedStoreOptions } from "./memcached-store.js";

/** Opens `memcached://host[:11211]`. */
export const storeProvider: StoreProvider = {
  schemes: MEMCACHED_SCHEMES,
  async open(uri, options = {}) {
    const { namespace, commandTimeoutMs, clock } = options as Partial<MemcachedStoreOptions>;
    return memcachedStore({
      uri,
      ...(namespace !== undefined && { namespace }),
      ...(commandTimeoutMs !== undefined && { commandTimeoutMs }),
      ...(clock !== undefined && { clock }),
    });
  },
};
