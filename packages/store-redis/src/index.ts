export { redisStore } from "./redis-store.js";
export type { RedisClient, RedisStoreOptions } from "./options.js";
export { storeProvider } from "./store-provider.js";
