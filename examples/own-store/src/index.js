export { storeProvider } from "./store-provider.js";
export { SqliteStore } from "./sqlite-store.js";
