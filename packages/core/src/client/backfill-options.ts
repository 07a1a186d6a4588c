import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { readFields, refuseUnknownFields } from "../base/known-fields.js";
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
  readonly dryRun: boolean;
}

const FIELDS = ["from", "to", "maxPerSecond", "dryRun"] as const;

/** `now`: cluster time, epoch ms. @throws ConfigError that names the field and the value */
export function checkBackfill(given: BackfillOptions, now: number): CheckedBackfill {
  const options = readFields("the options of backfill", given, FIELDS);
  refuseUnknownFields("the options of backfill", given, FIELDS);
  const { maxPerSecond = 10, dryRun = false } = options;
  const from = parseInstant("from", options.from);
  const to = Math.min(now, options.to === undefined ? now : parseInstant("to", options.to));
  if (from > to)
    throw refuse("from", options.from, `a moment before "to" (${new Date(to).toISOString()}), in the past`);
  if (typeof maxPerSecond !== "number" || !(maxPerSecond >= 0.001 && maxPerSecond <= 1000)) {
    throw refuse("maxPerSecond", maxPerSecond, "a number from 0.001 to 1000");
  }
  if (typeof dryRun !== "boolean") throw refuse("dryRun", dryRun, "true or false");
  return { from, to, everyMs: Math.ceil(1000 / maxPerSecond), dryRun };
}

function refuse(field: string, value: unknown, expected: string): ConfigError {
  return new ConfigError(`${field} is ${describe(value)}: expected ${expected}`, { field });
}
