import { ConfigError } from "@beatx/core";
import type { Clock } from "@beatx/core";
import type { MemcacheClient } from "./connection/memcache-connection.js";

export interface MemcacheStoreOptions {
  readonly client: MemcacheClient;
  /** The adapter's name, as in `memcached`. Stores of different names share their data on one server. */
  readonly name: string;
  /** Several schedules may share a server and never see each other. Default `"beatx"`. */
  readonly namespace?: string;
  /** Deadline of one command of the store, connecting included, in ms. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** Measures how long the leader's record stays unchanged, and gives fences their start. Default: the system's. */
  readonly clock?: Clock;
}

export const DEFAULT_NAMESPACE = "beatx";
export const DEFAULT_COMMAND_TIMEOUT_MS = 2000;

/** Tells wrong options before anything is opened. @throws ConfigError that names the option, its value and what is allowed. */
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
  return new ConfigError(`${field} is ${JSON.stringify(value)}: ${expected}`, { field });
}
