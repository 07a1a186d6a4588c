export { memjsStore } from "./memjs-store.js";
export type { MemjsStoreOptions } from "./memjs-store.js";
export { storeProvider } from "./store-provider.js";
