import { ConfigError, describe } from "@beatx/core/adapter";
import type { RedisClient } from "@beatx/shared-redis";
import type { Cluster, Redis } from "ioredis";
import type { ConnectionOptions } from "node:tls";

export interface RedisStoreOptions {
  /** The address of the store; see the README for the forms. Either this or `client`. */
  readonly uri?: string;
  /**
   * An ioredis client of your own. The store never closes it, sends its commands over it, and opens one more connection
   * like it for `watch`. Without `keyPrefix` (use `namespace`) and without `stringNumbers`.
   */
  readonly client?: RedisClient;
  /** Prefix of all keys, and their hash tag in a Redis Cluster: not empty and without braces. Default `"beatx"`. */
  readonly namespace?: string;
  /** Deadline of one command, in ms, including the wait for a connection. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** TLS material of `rediss…:` (`ca`, `cert`, `key`, …); certificates are checked unless it turns that off. */
  readonly tls?: ConnectionOptions;
  /** Credentials of the sentinels themselves; those in the URI are the master's. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /**
   * Lets no node lead for one lock lifetime after the server may have lost a lease (restarted, failed over, flushed).
   * Needs the right to run INFO. With `false`, two nodes may lead at once for up to a lock lifetime after such an event.
   * Default `true`.
   */
  readonly incarnationGuard?: boolean;
}

export interface CheckedOptions extends RedisStoreOptions {
  readonly namespace: string;
  readonly commandTimeoutMs: number;
  readonly incarnationGuard: boolean;
}

/** ioredis sets timers of twice the deadline, and a timer above 2^31 - 1 ms fires at once. */
const LONGEST_TIMEOUT_MS = 2 ** 30 - 1;

/** Fills in the defaults. @throws ConfigError that names the option, its value and what is allowed. */
export function checkOptions(options: RedisStoreOptions): CheckedOptions {
  const { namespace = "beatx", commandTimeoutMs = 2000, incarnationGuard = true } = options;
  if (typeof namespace !== "string" || !/^[^{}\p{Cc}]+$/u.test(namespace)) {
    throw wrong("namespace", namespace, "expected a text without braces and control characters, not empty");
  }
  if (!Number.isInteger(commandTimeoutMs) || commandTimeoutMs < 1 || commandTimeoutMs > LONGEST_TIMEOUT_MS) {
    throw wrong(
      "commandTimeoutMs",
      commandTimeoutMs,
      `expected a whole number of milliseconds from 1 to ${LONGEST_TIMEOUT_MS}`,
    );
  }
  if (typeof incarnationGuard !== "boolean") {
    throw wrong("incarnationGuard", incarnationGuard, "expected true or false");
  }
  if ((options.uri === undefined) === (options.client === undefined)) {
    throw new ConfigError("a Redis store takes either `uri` or `client`", { field: "uri" });
  }
  if (options.client !== undefined) checkClient(options.client);
  return { ...options, namespace, commandTimeoutMs, incarnationGuard };
}

function checkClient(client: RedisClient): void {
  const { keyPrefix } = client.options;
  if (keyPrefix) throw wrong("the keyPrefix of client", keyPrefix, "use `namespace` and a client without keyPrefix");
  const { stringNumbers } = client.isCluster
    ? { ...(client as Cluster).options.redisOptions }
    : (client as Redis).options;
  if (stringNumbers)
    throw wrong("stringNumbers of client", stringNumbers, "use a client that reads numbers as numbers");
}

function wrong(field: string, value: unknown, expected: string): ConfigError {
  return new ConfigError(`${field} is ${describe(value)}: ${expected}`, { field });
}
