import type { Clock } from "../base/clock.js";
import { checkEntryName, type Entry, type EntryInput, readEntry, type ParseRule } from "../entry/entry.js";
import { ConfigError } from "../base/errors.js";
import { describe, isPlainObject } from "../base/json.js";
import type { Handlers } from "../publisher/handlers-publisher.js";
import type { Logger } from "../report/logger.js";
import type { Publisher, PublisherOptions, PublisherProvider, PublishFunction } from "../contract/publisher.js";
import type { ScheduleType } from "../schedule/index.js";
import type { Store, StoreOptions, StoreProvider } from "../contract/store.js";

/** What `createBeat` takes. */
export interface BeatOptions {
  /** Where schedule and lease live: a URI (`redis://127.0.0.1:6379/0`) or a `Store`. */
  readonly store: string | Store;
  /** Where due occurrences go: a URI (`celery+redis://…`), a `Publisher`, or a function called once per message. */
  readonly publisher?: string | Publisher | PublishFunction;
  /**
   * For a pair of store and queue that cannot promise exactly once: repeat (with the same id) or lose what a crash leaves
   * unknown. Default `"at-least-once"`.
   */
  readonly delivery?: "at-least-once" | "at-most-once";
  /** Instead of a publisher: what this process runs itself while it leads, by name of the task. */
  readonly handlers?: Handlers;
  /** The entries of this application, by name. Left out: only what is stored runs. `{}`: entries of former configurations end. */
  readonly schedule?: Readonly<Record<string, EntryInput>>;
  /** Raise it with each change of `schedule`, and a rolling deployment does not swing back and forth. Default: the last leader wins. */
  readonly configVersion?: number;
  /** Prefix of all keys and part of all message ids. Applications with different schedules need different ones. Default `"beatx"`. */
  readonly namespace?: string;
  /** Zone of rules that name none. Default `"UTC"`. */
  readonly timezone?: string;

  /** How long a leader that died keeps the others waiting, in ms. The same on all nodes. Default 15 000. */
  readonly lockTtlMs?: number;
  /** The longest sleep of the leader's loop, in ms; less than `lockTtlMs`. Default 5000. */
  readonly maxLoopIntervalMs?: number;
  /** How often a standby asks for the lease, in ms. Default 3000. */
  readonly standbyPollMs?: number;
  /** Deadline of one store command, in ms. Default 2000, or what `lockTtlMs` leaves room for. */
  readonly commandTimeoutMs?: number;
  /** Deadline of one publish, in ms. Default 5000, or what `lockTtlMs` leaves room for. */
  readonly publishTimeoutMs?: number;
  /** How long a stopping node waits for `handlers` that still run before it aborts them, in ms. Default 10 000. */
  readonly stopTimeoutMs?: number;

  /** Further options for a store or publisher that is named by URI. */
  readonly storeOptions?: StoreOptions;
  readonly publisherOptions?: PublisherOptions;
  /** Providers that are asked before packages are looked up. */
  readonly stores?: readonly StoreProvider[];
  readonly publishers?: readonly PublisherProvider[];
  /** Types of schedule beside the built-in ones. */
  readonly scheduleTypes?: readonly ScheduleType[];
  /** Folder or file URL from which packages are looked up before the entry script and the working directory are asked. */
  readonly from?: string;

  /** Default: JSON lines on stderr. */
  readonly logger?: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Numbers from 0 to below 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
}

/** Checked settings, all in ms. */
export interface Settings {
  readonly namespace: string;
  readonly lockTtlMs: number;
  readonly renewEveryMs: number;
  readonly marginMs: number;
  readonly maxLoopIntervalMs: number;
  readonly standbyPollMs: number;
  readonly commandTimeoutMs: number;
  readonly publishTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly stallLimitMs: number;
  readonly configVersion: number | null;
  readonly atMostOnce: boolean;
}

const KNOWN_OPTIONS: readonly (keyof BeatOptions)[] = [
  "store", "publisher", "delivery", "handlers", "schedule", "configVersion", "namespace", "timezone",
  "lockTtlMs", "maxLoopIntervalMs", "standbyPollMs", "commandTimeoutMs", "publishTimeoutMs", "stopTimeoutMs",
  "storeOptions", "publisherOptions", "stores", "publishers", "scheduleTypes", "from", "logger", "clock", "random",
]; // prettier-ignore

/** @throws ConfigError for the first option that is unknown, of the wrong type, or that breaks a condition of the lease. */
export function readSettings(options: BeatOptions): Settings {
  for (const key of Object.keys(options)) {
    if (!(KNOWN_OPTIONS as readonly string[]).includes(key)) {
      throw new ConfigError(`"${key}" is not an option of beatx (known: ${KNOWN_OPTIONS.join(", ")})`, { field: key });
    }
  }
  const lockTtlMs = readMs(options, "lockTtlMs", 15_000, 100);
  const maxLoopIntervalMs = readMs(options, "maxLoopIntervalMs", Math.min(5_000, Math.floor(lockTtlMs / 2)), 1);
  const renewEveryMs = Math.floor(lockTtlMs / 3);
  const marginMs = lockTtlMs < 5_000 ? Math.ceil(lockTtlMs / 5) : Math.max(1_000, lockTtlMs / 10);
  const room = lockTtlMs - marginMs - renewEveryMs;
  const settings = {
    namespace: readNamespace(options.namespace),
    lockTtlMs,
    renewEveryMs,
    marginMs,
    maxLoopIntervalMs,
    standbyPollMs: readMs(options, "standbyPollMs", Math.min(3_000, lockTtlMs), 1),
    commandTimeoutMs: readMs(options, "commandTimeoutMs", Math.min(2_000, Math.floor(room / 2)), 1),
    publishTimeoutMs: readMs(options, "publishTimeoutMs", Math.min(5_000, room - 1), 1),
    stopTimeoutMs: readMs(options, "stopTimeoutMs", 10_000, 0),
    stallLimitMs: 0,
    atMostOnce: readDelivery(options.delivery) === "at-most-once",
    configVersion: options.configVersion === undefined ? null : readMs(options, "configVersion", 0, 0),
  };
  checkConditions(settings, room);
  return { ...settings, stallLimitMs: Math.max(2 * lockTtlMs, 3 * settings.publishTimeoutMs) };
}

/** The entries of a configuration, checked. @throws ConfigError for the first one that is wrong. */
export function readConfigEntries(schedule: unknown, parseRule: ParseRule): ReadonlyMap<string, Entry> | null {
  if (schedule === undefined) return null;
  if (!isPlainObject(schedule)) {
    throw new ConfigError(`schedule is ${describe(schedule)}: expected an object of entries by name`, {
      field: "schedule",
    });
  }
  const entries = Object.entries(schedule).map(([name, input]): [string, Entry] => {
    return [checkEntryName(name, "schedule"), readEntry(input, name, `schedule.${name}`, parseRule)];
  });
  return new Map(entries);
}

/** The conditions under which the lease is safe (section 3 of the protocol). */
function checkConditions(settings: Omit<Settings, "stallLimitMs">, room: number): void {
  const { lockTtlMs, maxLoopIntervalMs, commandTimeoutMs, publishTimeoutMs, renewEveryMs, marginMs } = settings;
  const refuse = (field: string, message: string): never => {
    throw new ConfigError(message, { field });
  };
  if (maxLoopIntervalMs >= lockTtlMs) {
    refuse(
      "lockTtlMs",
      `lockTtlMs (${lockTtlMs}) must be greater than maxLoopIntervalMs (${maxLoopIntervalMs}): raise the one or lower the other`,
    );
  }
  const parts = `lockTtlMs (${lockTtlMs}) - renewal every ${renewEveryMs} - margin ${marginMs}`;
  if (2 * commandTimeoutMs > room) {
    refuse(
      "commandTimeoutMs",
      `commandTimeoutMs (${commandTimeoutMs}) must fit twice into ${parts} = ${room}: raise lockTtlMs or lower commandTimeoutMs`,
    );
  }
  if (publishTimeoutMs >= room) {
    refuse(
      "publishTimeoutMs",
      `publishTimeoutMs (${publishTimeoutMs}) must be less than ${parts} = ${room}: raise lockTtlMs or lower publishTimeoutMs`,
    );
  }
}

function readDelivery(value: unknown = "at-least-once"): unknown {
  if (value === "at-least-once" || value === "at-most-once") return value;
  const message = `delivery is ${describe(value)}: expected "at-least-once" or "at-most-once"`;
  throw new ConfigError(message, { field: "delivery" });
}

function readNamespace(value: unknown = "beatx"): string {
  if (typeof value === "string" && /^[\w.:-]{1,100}$/.test(value)) return value;
  throw new ConfigError(`namespace is ${describe(value)}: expected 1 to 100 letters, digits, ".", ":", "_" or "-"`, {
    field: "namespace",
  });
}

function readMs(options: BeatOptions, field: keyof BeatOptions, fallback: number, least: number): number {
  const value = options[field] ?? fallback;
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw new ConfigError(`${field} is ${describe(value)}: expected a whole number, at least ${least}`, { field });
}
