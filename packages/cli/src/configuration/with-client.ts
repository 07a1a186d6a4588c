import { BeatxError, type Client, type ClientOptions, createClient, StoreError } from "@beatx/core";
import { dummyStore } from "@beatx/store-dummy";
import { DEFAULT_FOLDER, explainDefaultStore, hasNoStore } from "./default-store.js";
import { describeStore, type Settings } from "./settings.js";

const CLIENT_FIELDS = [
  "store",
  "storeOptions",
  "stores",
  "namespace",
  "timezone",
  "scheduleTypes",
  "commandTimeoutMs",
  "from",
];

/**
 * Calls `use` with a client of the store and closes the client afterwards.
 * @throws StoreError that names the store and what to check, if the store does not answer.
 */
export async function withClient<T>(settings: Settings, use: (client: Client) => Promise<T>): Promise<T> {
  if (hasNoStore(settings)) {
    throw new StoreError(
      `there is no store in ${DEFAULT_FOLDER}: start a node in this folder (beatx start), or name the store with --store`,
    );
  }
  return withNewClient(settings, false, use);
}

/** As `withClient`, but a store that does not exist yet is created; `isTrial`: nothing is written, so it is not. */
export async function withNewClient<T>(
  settings: Settings,
  isTrial: boolean,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  try {
    if (isTrial && hasNoStore(settings)) return await useOnce({ store: dummyStore() }, use);
    return await useOnce(clientOptions(settings), use);
  } catch (cause) {
    throw BeatxError.hasCode(cause, "STORE") ? unreachable(settings, cause) : explainDefaultStore(cause, settings);
  }
}

async function useOnce<T>(options: ClientOptions, use: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient(options);
  try {
    return await use(client);
  } finally {
    // Rejects only if opening failed, and then `use` has already thrown that error.
    await client.close().catch(() => undefined);
  }
}

function clientOptions({ options }: Settings): ClientOptions {
  const { schedule, app, configVersion } = options;
  const given = Object.entries({ schedule, app, configVersion }).filter(([, value]) => value !== undefined);
  const configuration = Object.fromEntries(given);
  const fields = Object.entries(options).filter(
    ([field, value]) => CLIENT_FIELDS.includes(field) && value !== undefined,
  );
  return { ...Object.fromEntries(fields), configuration } as unknown as ClientOptions;
}

/** What to check if nobody answered. A server that said no is running, and its words say what is wrong. */
export function hintFor(why: string): string {
  const codes = /\bE(?:CONNREFUSED|CONNRESET|NOTFOUND|NOENT|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|PIPE)\b/;
  const isSilent = codes.test(why) || /did not answer|no answer|no connection|is closed|unreachable/i.test(why);
  return isSilent ? ". Is it running, and is the URI right?" : "";
}

function unreachable({ options, storeSource }: Settings, cause: Error): StoreError {
  const source = storeSource === null ? "" : ` (from ${storeSource})`;
  const why = cause.message.replace(/\.+$/, "");
  return new StoreError(`the store ${describeStore(options)}${source} cannot be used: ${why}${hintFor(why)}`, {
    cause,
  });
}
