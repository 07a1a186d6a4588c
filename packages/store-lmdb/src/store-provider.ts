import { ConfigError, type Store, type StoreOptions } from "@beatx/core";
import { parseUri, redactUri, refuseUnknownQuery, type StoreProvider } from "@beatx/core/adapter";
import { lmdbStore } from "./lmdb-store.js";

/** Opens `lmdb:./folder`, `lmdb:folder` and `lmdb:///absolute/folder`. */
export const storeProvider: StoreProvider = {
  schemes: ["lmdb"],
  async open(uri: string, options: StoreOptions = {}): Promise<Store> {
    const { namespace, commandTimeoutMs } = options;
    return lmdbStore({
      folder: folderOf(uri),
      ...(namespace === undefined ? {} : { namespace }),
      ...(commandTimeoutMs === undefined ? {} : { commandTimeoutMs }),
    });
  },
};

function folderOf(uri: string): string {
  const parsed = parseUri(uri);
  const hint = "write lmdb:./folder, or lmdb:///absolute/folder with three slashes";
  if (parsed.scheme !== "lmdb")
    throw new ConfigError(`${redactUri(uri)} is not an lmdb store: ${hint}`, { field: "store" });
  refuseUnknownQuery(uri, parsed, []);
  if (parsed.hosts.length > 0 || parsed.username !== undefined || parsed.password !== undefined) {
    throw new ConfigError(`the URI ${redactUri(uri)} names a host, but an lmdb store has none: ${hint}`, {
      field: "store",
    });
  }
  if (parsed.path === "" || parsed.path.includes("\0")) {
    throw new ConfigError(`the URI ${redactUri(uri)} names no folder: ${hint}`, { field: "store" });
  }
  if (/^\/*(?![a-z]:[\\/])[^/]*:.*@/i.test(parsed.path)) {
    const message = `the URI ${redactUri(uri)} names a user or a host, but an lmdb store has none: ${hint}`;
    throw new ConfigError(message, { field: "store" });
  }
  return parsed.path;
}
