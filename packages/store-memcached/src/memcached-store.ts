import type { Clock } from "@beatx/core";
import { describeServer, memcacheStore, readServerUri } from "@beatx/shared-memcache";
import { openMemcached } from "./memcached-connection.js";

export interface MemcachedStoreOptions {
  /** `memcached://host[:11211]`: one server. */
  readonly uri: string;
  /** Separates the schedules that share one server. Default `"beatx"`. */
  readonly namespace?: string;
  /** Deadline of one command, including the connect, in ms. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** Measures waits. Default: the system's. */
  readonly clock?: Clock;
}

export const MEMCACHED_SCHEMES: readonly string[] = ["memcached"];

/**
 * A store on one memcached server, through the client `memcached`. Connects at its first use.
 *
 * @throws ConfigError for an invalid URI or option.
 */
export function memcachedStore({ uri, ...options }: MemcachedStoreOptions): ReturnType<typeof memcacheStore> {
  const address = readServerUri(uri, {
    schemes: MEMCACHED_SCHEMES,
    noCredentials: 'the client "memcached" cannot authenticate: install @beatx/store-memjs and write memjs://',
  });
  const client = {
    where: describeServer("memcached", address),
    connect: (onLost: (cause: unknown) => void) => openMemcached(address, onLost),
  };
  return memcacheStore({ ...options, client, name: "memcached" });
}
