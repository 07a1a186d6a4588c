import type { Store, StoreOptions, StoreProvider } from "../contract/store.js";
import { STORE_CONTRACT } from "../contract/store.js";
import { findProvider } from "../discovery/find-provider.js";
import { checkContract, defined, type Opened } from "../discovery/opened.js";

/** How applications name a store. */
export interface StoreChoice {
  /** Where schedule and lease live: a URI (`redis://127.0.0.1:6379/0`) or a `Store`. */
  readonly store: string | Store;
  /** Further options for a store named by URI. */
  readonly storeOptions?: StoreOptions;
  /** Providers to ask before packages are looked up. */
  readonly stores?: readonly StoreProvider[];
  /** Folder or file URL to look packages up from first; then come the entry script and the working directory. */
  readonly from?: string;
  /** Prefix of all keys and part of all message ids. Applications with different schedules need different ones. Default `"beatx"`. */
  readonly namespace?: string;
  /** Deadline of one store command, in ms. Default 2000, or less if `lockTtlMs` leaves no room for that. */
  readonly commandTimeoutMs?: number;
}

/** @throws ConfigError, or BeatxError `UNKNOWN_SCHEME` */
export async function openStore(options: StoreChoice): Promise<Opened<Store>> {
  const { store, stores: given = [], from, namespace, commandTimeoutMs } = options;
  if (typeof store !== "string") {
    return { value: checkContract("store", store, STORE_CONTRACT), close: () => Promise.resolve() };
  }
  const provider = await findProvider({ kind: "store", uri: store, given, from });
  const opened = await provider.open(store, { ...defined({ namespace, commandTimeoutMs }), ...options.storeOptions });
  return { value: checkContract("store", opened, STORE_CONTRACT), close: () => opened.close() };
}
