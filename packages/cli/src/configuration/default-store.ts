import { existsSync } from "node:fs";
import { BeatxError } from "@beatx/core";
import type { Settings } from "./settings.js";

/** The store if none is configured: a folder that the nodes of one machine share. */
export const DEFAULT_STORE = "lmdb:./.beatx";

/** The folder of the default store. */
export const DEFAULT_FOLDER: string = DEFAULT_STORE.slice("lmdb:".length);

/** Whether no store is configured and the default one was never created. */
export function hasNoStore({ storeSource }: Settings): boolean {
  return storeSource === null && !existsSync(DEFAULT_FOLDER);
}

/**
 * The error to show for one of opening the store. The package of the default store is not installed with the command: if
 * it is missing and nobody asked for it by name, the error says why it is needed, and what else can be configured.
 */
export function explainDefaultStore(error: unknown, { storeSource, configName }: Settings): unknown {
  const isDefault = storeSource === null && BeatxError.hasCode(error, "UNKNOWN_SCHEME");
  if (!isDefault || !error.message.includes(DEFAULT_STORE)) return error;
  const where = configName === null ? "--store" : `"store" in ${configName}, or --store`;
  const publisher = /@beatx\/publisher-[a-z]+/.exec(error.message)?.[0];
  const state = publisher === undefined ? "" : `, and neither is ${publisher}, which the publisher needs`;
  const install = publisher === undefined ? "it (npm install" : `both (npm install ${publisher}`;
  return new BeatxError(
    "UNKNOWN_SCHEME",
    `no store is configured, so it would be the folder ${DEFAULT_FOLDER}, but @beatx/store-lmdb is not installed${state}. ` +
      `Either install ${install} @beatx/store-lmdb), or name another store (${where}), such as ` +
      "redis://127.0.0.1:6379/0, which needs @beatx/store-redis",
    { cause: error },
  );
}
