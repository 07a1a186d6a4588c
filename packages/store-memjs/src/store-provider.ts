import type { StoreProvider } from "@beatx/core/adapter";
import { MEMJS_SCHEMES, memjsStore } from "./memjs-store.js";
import type { MemjsStoreOptions } from "./memjs-store.js";

/** Opens `memjs://[user:password@]host[:11211]` and the same with `pylibmc:`. */
export const storeProvider: StoreProvider = {
  schemes: MEMJS_SCHEMES,
  async open(uri, options = {}) {
    const { namespace, commandTimeoutMs, clock } = options as Partial<MemjsStoreOptions>;
    return memjsStore({
      uri,
      ...(namespace !== undefined && { namespace }),
      ...(commandTimeoutMs !== undefined && { commandTimeoutMs }),
      ...(clock !== undefined && { clock }),
    });
  },
};
