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
  /** Several schedules may share a server and never see each other. Default `"beatx"`. */
  readonly namespace?: string;
  /** Deadline of one command, connecting and authenticating included, in ms. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export const MEMJS_SCHEMES: readonly string[] = ["memjs", "pylibmc"];

/**
 * A store on one memcached server, through the client `memjs`. Connects when it is first used.
 *
 * @throws ConfigError for a URI or options that can never work.
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
