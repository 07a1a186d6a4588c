export { memcachedStore } from "./memcached-store.js";
export type { MemcachedStoreOptions } from "./memcached-store.js";
export { storeProvider } from "./store-provider.js";
