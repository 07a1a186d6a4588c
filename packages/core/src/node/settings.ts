import { checkHandlers } from "../publisher/handlers-publisher.js";
import { MAX_TIMER_MS } from "../base/clock.js";
import { ConfigError } from "../base/errors.js";
import type { Faults } from "../base/faults.js";
import { describe } from "../base/describe.js";
import { RECORD_SLOTS } from "../contract/store.js";
import { readFields, refuseUnknownFields } from "../base/known-fields.js";
import { isWholeBetween, MAX_COUNT, MAX_DURATION_MS } from "../base/number-range.js";
import { checkShapes } from "../base/option-shapes.js";
import type { Entry } from "../entry/entry.js";
import { writtenName } from "../entry/entry-names.js";
import type { Handlers } from "../publisher/handler-runs.js";
import type { BeatOptions } from "./options.js";

/** Checked settings; durations in ms. */
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
  readonly app: string | null;
  readonly replaceSchedule: boolean;
  readonly atMostOnce: boolean;
  /** Runs that the history of an entry keeps; 0: none. */
  readonly historyRuns: number;
  /** Messages that the whole beat may send in a second, a whole number or one below 1; `null`: no limit. */
  readonly maxPerSecond: number | null;
  /** Time after which an occurrence that cannot be sent is given up, unless its entry says; `null`: never. */
  readonly giveUpAfterMs: number | null;
}

const KNOWN_OPTIONS: readonly (keyof BeatOptions)[] = [
  "store", "publisher", "delivery", "handlers", "schedule", "configVersion", "app", "replaceSchedule",
  "namespace", "timezone", "lockTtlMs", "maxLoopIntervalMs", "standbyPollMs", "commandTimeoutMs", "publishTimeoutMs", "stopTimeoutMs",
  "historyRuns", "maxPerSecond", "giveUpAfterMs", "deadLetter",
  "storeOptions", "publisherOptions", "stores", "publishers", "scheduleTypes", "from", "logger", "clock", "random",
]; // prettier-ignore

/**
 * A copy of the options without those that have the wrong shape. `faults` gets these, and the unknown ones.
 * @throws ConfigError if one cannot be read.
 */
export function copyOptions(given: BeatOptions, faults: Faults): BeatOptions {
  const options = readFields("the options of beatx", given, KNOWN_OPTIONS);
  faults.collect(() => refuseUnknownFields("the options of beatx", given, KNOWN_OPTIONS));
  faults.collect(() => checkShapes(options));
  return Object.fromEntries(Object.entries(options).filter(([field]) => !faults.concern(field))) as BeatOptions;
}

/**
 * `options`: the result of `copyOptions`. `faults` gets each option that is out of range or breaks a condition of the lease.
 * A wrong one counts as omitted.
 */
export function readSettings(options: BeatOptions, faults: Faults): Settings {
  const readMs: typeof readNumber = (given, field, fallback, ...range) =>
    faults.collect(() => readNumber(given, field, fallback, ...range)) ?? fallback;
  const lockTtlMs = readMs(options, "lockTtlMs", 15_000, 100);
  const maxLoopIntervalMs = readMs(options, "maxLoopIntervalMs", Math.min(5_000, Math.floor(lockTtlMs / 2)), 1);
  const renewEveryMs = Math.floor(lockTtlMs / 3);
  const marginMs = lockTtlMs < 5_000 ? Math.ceil(lockTtlMs / 5) : Math.max(1_000, lockTtlMs / 10);
  const room = lockTtlMs - marginMs - renewEveryMs;
  const settings = {
    namespace: options.namespace ?? "beatx",
    lockTtlMs,
    renewEveryMs,
    marginMs,
    maxLoopIntervalMs,
    standbyPollMs: readMs(options, "standbyPollMs", Math.min(3_000, lockTtlMs), 1),
    commandTimeoutMs: readMs(options, "commandTimeoutMs", Math.min(2_000, Math.floor(room / 2)), 1),
    publishTimeoutMs: readMs(options, "publishTimeoutMs", Math.min(5_000, room - 1), 1),
    stopTimeoutMs: readMs(options, "stopTimeoutMs", 10_000, 0),
    stallLimitMs: 0,
    historyRuns: readMs(options, "historyRuns", 20, 0, RECORD_SLOTS),
    giveUpAfterMs: options.giveUpAfterMs == null ? null : readMs(options, "giveUpAfterMs", 1, 1, MAX_DURATION_MS),
    maxPerSecond: faults.collect(() => readMaxPerSecond(options.maxPerSecond)) ?? null,
    atMostOnce: faults.collect(() => readDelivery(options.delivery)) === "at-most-once",
    app: options.app ?? null,
    replaceSchedule: options.replaceSchedule ?? false,
    configVersion: options.configVersion === undefined ? null : readMs(options, "configVersion", 0, 0, MAX_COUNT),
  };
  if (!faults.concern(...Object.keys(settings))) faults.collect(() => checkConditions(settings, room));
  return { ...settings, stallLimitMs: Math.max(2 * lockTtlMs, 3 * settings.publishTimeoutMs) };
}

/** The conditions that make the lease safe (docs/PROTOCOL.md, section 3). */
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

function readMaxPerSecond(value: unknown = null): number | null {
  if (value === null || isWholeBetween(value, 1, 1_000_000)) return value;
  if (typeof value === "number" && value >= 0.01 && value < 1) return value;
  const expected = "expected a whole number from 1 to 1000000, or one from 0.01 to below 1 (0.5 is one in two seconds)";
  throw new ConfigError(`maxPerSecond is ${describe(value)}: ${expected}`, { field: "maxPerSecond" });
}

function readDelivery(value: unknown = "at-least-once"): unknown {
  if (value === "at-least-once" || value === "at-most-once") return value;
  const message = `delivery is ${describe(value)}: expected "at-least-once" or "at-most-once"`;
  throw new ConfigError(message, { field: "delivery" });
}

function readNumber(
  options: BeatOptions,
  field: keyof BeatOptions,
  fallback: number,
  least: number,
  most: number = MAX_TIMER_MS,
): number {
  const value = options[field] ?? fallback;
  if (isWholeBetween(value, least, most)) return value;
  throw new ConfigError(
    `${field} is ${describe(value)}: expected a whole number, at least ${least} and at most ${most}`,
    {
      field,
    },
  );
}

/**
 * A beat needs either a publisher or handlers, with a handler for every task of its configuration.
 * @throws ConfigError that names what is missing.
 */
export function checkPublisherChoice(
  options: { readonly publisher?: unknown; readonly handlers?: Handlers; readonly app?: string },
  config: ReadonlyMap<string, Entry> | null,
): void {
  const { publisher, handlers } = options;
  if ((publisher === undefined) === (handlers === undefined)) {
    const found = publisher === undefined ? "neither is given" : "both are given";
    throw new ConfigError(`name a publisher or handlers: ${found}`, { field: "publisher" });
  }
  if (!handlers) return;
  checkHandlers(handlers);
  for (const [name, { task }] of config ?? []) {
    if (Object.hasOwn(handlers, task)) continue;
    const known = Object.keys(handlers).join(", ");
    const field = `schedule.${writtenName(options.app ?? null, name)}.task`;
    throw new ConfigError(`${field} is "${task}", for which handlers has no function (it has ${known})`, { field });
  }
}
