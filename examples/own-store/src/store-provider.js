// @ts-check
import { ConfigError, parseUri, refuseUnknownQuery } from "@beatx/core/adapter";
import { SqliteStore } from "./sqlite-store.js";

/**
 * Opens `sqlite:./beat.db` and `sqlite:///absolute/beat.db`.
 *
 * @type {import("@beatx/core/adapter").StoreProvider}
 */
export const storeProvider = {
  schemes: ["sqlite"],
  async open(uri, { namespace, commandTimeoutMs } = {}) {
    const parsed = parseUri(uri);
    refuseUnknownQuery(uri, parsed, []);
    if (parsed.path === "" || parsed.hosts.length > 0) {
      const hint = "write sqlite:./beat.db or sqlite:///absolute/beat.db";
      throw new ConfigError(`the URI names no file: ${hint}`, { field: "store" });
    }
    return new SqliteStore({ file: parsed.path, namespace, commandTimeoutMs });
  },
};
