import type { Clock } from "@beatx/core";
import {
  checkOptions,
  DEFAULT_COMMAND_TIMEOUT_MS,
  describeServer,
  memcacheStore,
  readServerUri,
} from "@beatx/shared-memcache";
import { openMemjs } from "./memjs-connection.js";

export interface MemjsStoreOptions {
  /** `memjs://[user:password@]host[:11211]`, or the same with `pylibmc:`: one server. */
  readonly uri: string;
  /** Separates the schedules that share one server. Default `"beatx"`. */
  readonly namespace?: string;
  /** Deadline of one command, including connect and authentication, in ms. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** Measures waits. Default: the system's. */
  readonly clock?: Clock;
}

export const MEMJS_SCHEMES: readonly string[] = ["memjs", "pylibmc"];

/**
 * A store on one memcached server, through the client `memjs`. Connects at its first use.
 *
 * @throws ConfigError for an invalid URI or option.
 */
export function memjsStore({ uri, ...options }: MemjsStoreOptions): ReturnType<typeof memcacheStore> {
  const address = readServerUri(uri, { schemes: MEMJS_SCHEMES });
  checkOptions(options);
  const timeoutMs = options.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS;
  const client = {
    where: describeServer("memjs", address),
    connect: (onLost: (cause: unknown) => void) => openMemjs(address, timeoutMs, onLost),
  };
  return memcacheStore({ ...options, client, name: "memjs" });
}
