import { randomInt, randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError, type StoreOptions } from "@beatx/core";

/** How the worker processes open the store: an exported provider and its arguments. */
export interface HammeredStore {
  /** URL or path (from the working directory) of a module that plain Node can import: built JavaScript, no TypeScript. */
  readonly module: URL | string;
  /** Name of the export: a `StoreProvider`, or a function with the arguments of its `open`. Default `"storeProvider"`. */
  readonly open?: string;
  /** First argument of `open`. Default `""`. */
  readonly uri?: string;
  /** Passed to `open` with `namespace` and `commandTimeoutMs`. Must be plain values that `structuredClone` can copy. */
  readonly options?: StoreOptions;
}

/** A server that the hammer may disturb. Each call resolves when it has taken effect. */
export interface HammeredServer {
  /** Stops the server like SIGSTOP. */
  pause(): void | Promise<void>;
  /** Resumes it like SIGCONT. */
  resume(): void | Promise<void>;
  /** Kills it like SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again at the same address after `kill`; resolves when it answers. */
  restart(): Promise<void>;
}

export interface HammerOptions {
  /** With several, the workers use them in turn: to show that adapters of one backend respect each other's lease. */
  readonly store: HammeredStore | readonly HammeredStore[];
  /** Paused, or killed and restarted, at random. Omitted: only the workers are disturbed. */
  readonly server?: HammeredServer;
  /** Number of competing processes, at least 2. Default 4. */
  readonly workers?: number;
  /** How long faults happen, in ms, without the time to start, to end and to restart the server. Default 60 000. */
  readonly durationMs?: number;
  /**
   * Lifetime of the lease in ms; it sets the pace of all faults. Default 240, or the store's `lockResolutionMs` if that is
   * longer.
   */
  readonly ttlMs?: number;
  /** Deadline of one command, in ms. By default derived from the lifetime as in core: 56 for 240. */
  readonly commandTimeoutMs?: number;
  /** Default: a new one. */
  readonly namespace?: string;
  /** Seeds every random decision; the timing still differs. A whole number from 0 to 2^32 - 1. Default: random. */
  readonly seed?: number;
}

/** `HammeredStore` with its defaults, in a form that can be sent to a process. */
export interface StoreEntryPoint {
  /** URL of the module. */
  readonly module: string;
  readonly open: string;
  readonly uri: string;
  readonly options: StoreOptions;
}

/** Checked options with their defaults. The defaults of `undefined` ones depend on the store. */
export interface Settings {
  readonly stores: readonly StoreEntryPoint[];
  readonly server: HammeredServer | undefined;
  readonly workers: number;
  readonly durationMs: number;
  readonly ttlMs: number | undefined;
  readonly commandTimeoutMs: number | undefined;
  readonly namespace: string;
  readonly seed: number;
}

const MAX_SEED = 2 ** 32 - 1;
const DEFAULT_TTL_MS = 240;

/** @throws ConfigError that names the option, its value and the allowed values. */
export function checkOptions(options: HammerOptions): Settings {
  const stores = (Array.isArray(options.store) ? options.store : [options.store]) as readonly HammeredStore[];
  if (stores.length === 0) throw wrong("store", [], "name at least one");
  const { namespace = `hammer-${randomUUID()}` } = options;
  return {
    stores: stores.map(entryPoint),
    server: options.server,
    workers: wholeNumber("workers", options.workers ?? 4, 2),
    durationMs: wholeNumber("durationMs", options.durationMs ?? 60_000, 1),
    ttlMs: options.ttlMs === undefined ? undefined : wholeNumber("ttlMs", options.ttlMs, 20),
    commandTimeoutMs:
      options.commandTimeoutMs === undefined ? undefined : wholeNumber("commandTimeoutMs", options.commandTimeoutMs, 1),
    namespace,
    seed: wholeNumber("seed", options.seed ?? randomInt(MAX_SEED), 0, MAX_SEED),
  };
}

/** Fills in the defaults that depend on the store's `lockResolutionMs`. All in ms. */
export function paceOf(settings: Pick<Settings, "ttlMs" | "commandTimeoutMs">, lockResolutionMs: number): Pace {
  const ttlMs = settings.ttlMs ?? Math.max(DEFAULT_TTL_MS, lockResolutionMs);
  // As in core: a third of the lifetime between renewals, and room for two commands in the rest.
  const marginMs = ttlMs < 5_000 ? Math.ceil(ttlMs / 5) : Math.max(1_000, ttlMs / 10);
  const renewEveryMs = Math.floor(ttlMs / 3);
  const roomMs = ttlMs - marginMs - renewEveryMs;
  const commandTimeoutMs = settings.commandTimeoutMs ?? Math.min(2_000, Math.floor(roomMs / 2));
  return { ttlMs, marginMs, renewEveryMs, commandTimeoutMs };
}

/** The times of core's leadership, in ms. */
export interface Pace {
  readonly ttlMs: number;
  /** Trust ends this much before the lock does (R7). */
  readonly marginMs: number;
  readonly renewEveryMs: number;
  readonly commandTimeoutMs: number;
}

function entryPoint({ module, open = "storeProvider", uri = "", options = {} }: HammeredStore): StoreEntryPoint {
  try {
    structuredClone(options);
  } catch (cause) {
    const hint = "the workers are other processes, so pass plain values, no functions and no clients";
    throw new ConfigError(`store.options cannot be copied: ${hint}`, { field: "store.options", cause });
  }
  const isUrl = module instanceof URL || module.startsWith("file:");
  return { module: isUrl ? String(module) : pathToFileURL(resolve(module)).href, open, uri, options };
}

function wholeNumber(field: string, value: number, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw wrong(
    field,
    value,
    `expected a whole number, at least ${least}${most === MAX_SEED ? `, at most ${most}` : ""}`,
  );
}

function wrong(field: string, value: unknown, expected: string): ConfigError {
  return new ConfigError(`${field} is ${JSON.stringify(value)}: ${expected}`, { field });
}
