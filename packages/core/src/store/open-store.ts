import type { Store, StoreOptions, StoreProvider } from "../contract/store.js";
import { STORE_CONTRACT } from "../contract/store.js";
import { findProvider } from "../discovery/find-provider.js";
import { checkContract, defined, type Opened } from "../discovery/opened.js";

/** The options that choose a store. */
export interface StoreChoice {
  /** Keeps the schedule and the lock: a URI (`redis://127.0.0.1:6379/0`) or a `Store`. */
  readonly store: string | Store;
  /** More options for a store that is given as a URI. */
  readonly storeOptions?: StoreOptions;
  /** Providers that come before installed packages. */
  readonly stores?: readonly StoreProvider[];
  /**
   * Folder, file or file URL from which packages are looked up first; then the entry script and the working directory.
   */
  readonly from?: string;
  /**
   * Prefix of all keys and part of all message ids. Applications with different schedules need different namespaces.
   * Default `"beatx"`.
   */
  readonly namespace?: string;
  /** Deadline of one store command, in ms. Default 2000, or less if `lockTtlMs` is too short for that; 5000 in a client. */
  readonly commandTimeoutMs?: number;
}

/**
 * Opens the store, or takes the one that the application passed.
 * @throws ConfigError, or BeatxError `UNKNOWN_SCHEME`.
 */
export async function openStore(options: StoreChoice): Promise<Opened<Store>> {
  const { store, stores: given = [], from, namespace, commandTimeoutMs } = options;
  if (typeof store !== "string") {
    return { value: checkContract("store", store, STORE_CONTRACT), close: () => Promise.resolve() };
  }
  const provider = await findProvider({ kind: "store", uri: store, given, from });
  const opened = await provider.open(store, { ...defined({ namespace, commandTimeoutMs }), ...options.storeOptions });
  return { value: checkContract("store", opened, STORE_CONTRACT), close: () => opened.close() };
}
