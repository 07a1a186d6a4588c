import { randomUUID } from "node:crypto";
import type { Store } from "@beatx/core";
import { dummyPublisher, dummyStore, type DummyStore, type DummyStoreOptions } from "@beatx/store-dummy";
import type { StoreUnderTest } from "../src/index.js";

export type Wrap = (store: DummyStore, namespace: string) => Partial<Store>;

/** A dummy store on a backend of its own; `wrap` may replace some of its methods. */
export function dummySubject(
  wrap: Wrap = () => ({}),
  options: Pick<DummyStoreOptions, "capabilities"> = {},
): Required<Omit<StoreUnderTest, "ttlMs">> {
  const name = `conformance-${randomUUID()}`;
  const backend = dummyStore({ name });
  return {
    open: async (namespace) => {
      const store = dummyStore({ ...options, name, namespace });
      return { ...store, ...wrap(store, namespace) };
    },
    outbox: {
      leaveMark: () => dummyPublisher({ name }).outbox.leaveMark(),
      readQueue: async (database, key) => backend.queue(key, database),
      breakQueue: async (database, key) => backend.breakQueue(key, database),
    },
    loseMemory: async () => backend.wipe(),
  };
}
