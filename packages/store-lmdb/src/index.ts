export { lmdbStore } from "./lmdb-store.js";
export type { LmdbStoreOptions } from "./options.js";
export type { MachineClock } from "./machine-clock.js";
export { storeProvider } from "./store-provider.js";
