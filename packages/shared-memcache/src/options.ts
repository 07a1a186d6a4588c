import { ConfigError, describe } from "@beatx/core/adapter";
import type { Clock } from "@beatx/core";
import type { MemcacheClient } from "./connection/memcache-connection.js";

export interface MemcacheStoreOptions {
  readonly client: MemcacheClient;
  /** The adapter's name, such as `memcached`. It is not part of any key: all adapters share the data of a server. */
  readonly name: string;
  /** Separates the schedules that share one server. Default `"beatx"`. */
  readonly namespace?: string;
  /** Deadline of one command of the store, including the connect, in ms. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** Measures how long the leader's record stays unchanged; new fences start from its time. Default: the system's. */
  readonly clock?: Clock;
}

export const DEFAULT_NAMESPACE = "beatx";
export const DEFAULT_COMMAND_TIMEOUT_MS = 2000;

/** Checks the options. @throws ConfigError that names the option, its value and the allowed values. */
export function checkOptions(options: Pick<MemcacheStoreOptions, "namespace" | "commandTimeoutMs">): void {
  const { namespace = DEFAULT_NAMESPACE, commandTimeoutMs = DEFAULT_COMMAND_TIMEOUT_MS } = options;
  if (typeof namespace !== "string" || namespace === "") {
    throw wrong("namespace", namespace, "expected a text that is not empty");
  }
  if (!Number.isSafeInteger(commandTimeoutMs) || commandTimeoutMs < 1) {
    throw wrong("commandTimeoutMs", commandTimeoutMs, "expected a whole number of milliseconds above 0");
  }
}

function wrong(field: string, value: unknown, expected: string): ConfigError {
  return new ConfigError(`${field} is ${describe(value)}: ${expected}`, { field });
}
