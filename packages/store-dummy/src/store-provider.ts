import type { Clock, StoreOptions } from "@beatx/core";
import { ConfigError, parseUri, redactUri, refuseUnknownQuery, type StoreProvider } from "@beatx/core/adapter";
import { dummyStore, type DummyStore } from "./dummy-store.js";

/** Opens `dummy://name`, which is shared in this process; `dummy:` alone opens a backend of its own. */
export const storeProvider: StoreProvider & { open(uri: string, options?: StoreOptions): Promise<DummyStore> } = {
  schemes: ["dummy"],
  async open(uri, options = {}) {
    const name = nameOf(uri);
    return dummyStore({
      ...(name !== undefined && { name }),
      ...(options.namespace !== undefined && { namespace: options.namespace }),
      ...(options.commandTimeoutMs !== undefined && { commandTimeoutMs: options.commandTimeoutMs }),
      ...(options["clock"] !== undefined && { clock: options["clock"] as Clock }),
    });
  },
};

function nameOf(uri: string): string | undefined {
  const parsed = parseUri(uri);
  refuseUnknownQuery(uri, parsed, []);
  const [first, ...others] = parsed.hosts;
  const plain = others.length === 0 && first?.port === undefined && parsed.username === undefined;
  if (plain && parsed.password === undefined && ["", "/"].includes(parsed.path)) return first?.host;
  throw new ConfigError(
    `cannot use the URI ${JSON.stringify(redactUri(uri))}: write dummy:// and a name, as in dummy://my-test`,
    {
      field: "uri",
    },
  );
}
