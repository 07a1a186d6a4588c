import type { Clock } from "../base/clock.js";
import { ConfigError } from "../base/errors.js";
import { functionPublisher } from "../publisher/function-publisher.js";
import { handlersPublisher, type RunReport } from "../publisher/handlers-publisher.js";
import { describe } from "../base/json.js";
import type { BeatOptions } from "../node/options.js";
import { type Publisher, PUBLISHER_CONTRACT } from "../contract/publisher.js";
import { findProvider } from "./find-provider.js";
import { type Store, STORE_CONTRACT } from "../contract/store.js";

/** Something that was opened from a URI, and must be closed, or was handed in, and must not. */
export interface Opened<T> {
  readonly value: T;
  close(): Promise<void>;
}

export type StoreChoice = Pick<
  BeatOptions,
  "store" | "storeOptions" | "stores" | "from" | "commandTimeoutMs" | "namespace"
>;
export type PublisherChoice = Pick<
  BeatOptions,
  "publisher" | "publisherOptions" | "publishers" | "from" | "publishTimeoutMs"
>;

/** @throws ConfigError, or BeatxError `UNKNOWN_SCHEME` */
export async function openStore(options: StoreChoice): Promise<Opened<Store>> {
  const { store } = options;
  if (typeof store !== "string")
    return { value: checkContract("store", store, STORE_CONTRACT), close: () => Promise.resolve() };
  const provider = await findProvider({
    kind: "store",
    uri: store,
    given: options.stores ?? [],
    from: options.from,
  });
  const { namespace, commandTimeoutMs } = options;
  const opened = await provider.open(store, { ...defined({ namespace, commandTimeoutMs }), ...options.storeOptions });
  return { value: checkContract("store", opened, STORE_CONTRACT), close: () => opened.close() };
}

/** The publisher of a beat, or what stands for one where it has handlers. @throws ConfigError, or BeatxError `UNKNOWN_SCHEME` */
export async function openDestination(
  options: Omit<PublisherChoice, "publisher"> & Pick<BeatOptions, "publisher" | "handlers">,
  clock: Clock,
  onReport: (report: RunReport) => void,
): Promise<Opened<Publisher>> {
  const { publisher, handlers } = options;
  if (publisher !== undefined) return openPublisher({ ...options, publisher });
  const value = handlersPublisher({ handlers: handlers ?? {}, clock, onReport });
  return { value, close: () => value.close() };
}

async function openPublisher(options: PublisherChoice): Promise<Opened<Publisher>> {
  const { publisher } = options;
  if (typeof publisher === "function") return { value: functionPublisher(publisher), close: () => Promise.resolve() };
  if (typeof publisher !== "string") {
    return { value: checkContract("publisher", publisher, PUBLISHER_CONTRACT), close: () => Promise.resolve() };
  }
  const provider = await findProvider({
    kind: "publisher",
    uri: publisher,
    given: options.publishers ?? [],
    from: options.from,
  });
  const { publishTimeoutMs } = options;
  const opened = await provider.open(publisher, { ...defined({ publishTimeoutMs }), ...options.publisherOptions });
  return { value: checkContract("publisher", opened, PUBLISHER_CONTRACT), close: () => opened.close() };
}

function checkContract<T extends { readonly contract: number }>(
  field: string,
  value: T | undefined,
  contract: number,
): T {
  if (value?.contract === contract) return value;
  const found =
    typeof value === "object" && value !== null
      ? `an object with contract ${describe(value.contract)}`
      : describe(value);
  throw new ConfigError(
    `${field} is ${found}: expected a URI, or a ${field} made for contract ${contract} of @beatx/core`,
    { field },
  );
}

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T): Partial<{ [K in keyof T]: NonNullable<T[K]> }> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<{
    [K in keyof T]: NonNullable<T[K]>;
  }>;
}
