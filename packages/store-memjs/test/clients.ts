import type { Store } from "@beatx/core";
import { memcachedStore } from "../../store-memcached/src/index.js";
import { memjsStore } from "../src/index.js";

export type MemcacheStore = Store & Required<Pick<Store, "checkHealth">>;

export interface OpenOptions {
  readonly namespace?: string;
  readonly commandTimeoutMs?: number;
}

/** Both clients, which must behave alike on the same data. */
export const clients: readonly {
  readonly name: string;
  open(address: { readonly host: string; readonly port: number }, options?: OpenOptions): MemcacheStore;
}[] = [
  {
    name: "memcached",
    open: ({ host, port }, options) => memcachedStore({ ...options, uri: `memcached://${host}:${port}` }),
  },
  { name: "memjs", open: ({ host, port }, options) => memjsStore({ ...options, uri: `memjs://${host}:${port}` }) },
];
