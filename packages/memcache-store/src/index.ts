export type { MemcacheClient, MemcacheCommands, MemcacheConnection, MemcacheItem } from "./connection.js";
export { memcacheStore } from "./memcache-store.js";
export type { MemcacheStoreOptions } from "./options.js";
export { checkOptions, DEFAULT_COMMAND_TIMEOUT_MS } from "./options.js";
export { describeServer, readServerUri } from "./server-uri.js";
export type { ServerAddress, UriRules } from "./server-uri.js";
