export type { CasNumber, MemcacheClient, MemcacheConnection, MemcacheValue } from "./connection/memcache-connection.js";
export { memcacheStore } from "./memcache-store.js";
export type { MemcacheStoreOptions } from "./options.js";
export { checkOptions, DEFAULT_COMMAND_TIMEOUT_MS } from "./options.js";
export { describeServer, readServerUri } from "./connection/server-uri.js";
export type { ServerAddress, UriRules } from "./connection/server-uri.js";
