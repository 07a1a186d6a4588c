export { redisStore } from "./redis-store.js";
export type { RedisClient } from "@beatx/shared-redis";
export type { RedisStoreOptions } from "./options.js";
export { storeProvider } from "./store-provider.js";
