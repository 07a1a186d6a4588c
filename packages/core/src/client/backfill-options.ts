import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { readFields, readFlag, refuseUnknownFields } from "../base/known-fields.js";
import type { InstantInput } from "../entry/entry.js";
import { parseInstant } from "../schedule/instant.js";

/** Which past occurrences of an entry are sent, and how fast. */
export interface BackfillOptions {
  /** The first moment. */
  readonly from: InstantInput;
  /** The last moment. Default, and at most: now. */
  readonly to?: InstantInput | undefined;
  /** At most this many are sent in a second, from 0.001 to 1000. Default 10. */
  readonly maxPerSecond?: number | undefined;
  /**
   * `true`: only those that the entry's history shows as not sent; what lies before the history is left out. Default `false`: all.
   */
  readonly onlyMissing?: boolean | undefined;
  /** `true`: nothing is requested, only counted. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

/** The options, checked. */
export interface CheckedBackfill {
  /** Epoch ms, both included. */
  readonly from: number;
  readonly to: number;
  /** From one sending to the next, in ms. */
  readonly everyMs: number;
  readonly onlyMissing: boolean;
  readonly dryRun: boolean;
}

const FIELDS = ["from", "to", "maxPerSecond", "onlyMissing", "dryRun"] as const;

/** `now`: cluster time, epoch ms. @throws ConfigError that names the field and the value */
export function checkBackfill(given: BackfillOptions, now: number): CheckedBackfill {
  const options = readFields("the options of backfill", given, FIELDS);
  refuseUnknownFields("the options of backfill", given, FIELDS);
  const { maxPerSecond = 10 } = options;
  const from = parseInstant("from", options.from);
  const to = Math.min(now, options.to === undefined ? now : parseInstant("to", options.to));
  if (from > to)
    throw refuse("from", options.from, `a moment before "to" (${new Date(to).toISOString()}), in the past`);
  if (typeof maxPerSecond !== "number" || !(maxPerSecond >= 0.001 && maxPerSecond <= 1000)) {
    throw refuse("maxPerSecond", maxPerSecond, "a number from 0.001 to 1000");
  }
  const onlyMissing = readFlag("onlyMissing", options.onlyMissing);
  const dryRun = readFlag("dryRun", options.dryRun);
  return { from, to, everyMs: Math.ceil(1000 / maxPerSecond), onlyMissing, dryRun };
}

function refuse(field: string, value: unknown, expected: string): ConfigError {
  return new ConfigError(`${field} is ${describe(value)}: expected ${expected}`, { field });
}
