export { resetDummy } from "./dummy-backend.js";
export type { DummyFailure, DummyMethod } from "./dummy-faults.js";
export { dummyPublisher } from "./dummy-publisher.js";
export type { DummyPublisher, DummyPublisherOptions, QueuedMessage } from "./dummy-publisher.js";
export { dummyStore } from "./dummy-store.js";
export type { DummyStore, DummyStoreOptions } from "./dummy-store.js";
export { storeProvider } from "./store-provider.js";
