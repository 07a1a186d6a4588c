import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { readFields, refuseUnknownFields } from "../base/known-fields.js";
import { isWholeBetween, MAX_DURATION_MS } from "../base/number-range.js";
import type { SkipOverlap } from "../contract/publisher.js";

/** Whether an occurrence is sent while the entry's earlier run still waits or runs (R52). */
export type EntryOverlap = "allow" | SkipOverlap;

/** A shorter bound ends before a worker has taken the message. */
const LEAST_TTL_MS = 1_000;

/** @throws ConfigError that names the field, the value and what is expected. */
export function readOverlap(given: unknown, path: string): EntryOverlap {
  if (given === "allow") return "allow";
  if (!isPlainObject(given)) {
    const expected = `expected "allow", or an object such as { policy: "skip", ttlMs: 3600000 }`;
    throw new ConfigError(`${path} is ${describe(given)}: ${expected}`, { field: path });
  }
  refuseUnknownFields("overlap", given, ["policy", "ttlMs"], `${path}.`);
  const { policy, ttlMs } = readFields<Record<string, unknown>>(path, given, ["policy", "ttlMs"], `${path}.`);
  if (policy === "allow" && ttlMs === undefined) return "allow";
  if (policy !== "skip") {
    const field = `${path}.policy`;
    const hint = policy === "allow" ? `: write "allow" without ttlMs` : `: expected "skip" or "allow"`;
    throw new ConfigError(`${field} is ${describe(policy)}${hint}`, { field });
  }
  if (isWholeBetween(ttlMs, LEAST_TTL_MS, MAX_DURATION_MS)) return { policy, ttlMs };
  const field = `${path}.ttlMs`;
  const expected = `a whole number from ${LEAST_TTL_MS} to ${MAX_DURATION_MS}: the longest that one run can hold up the next`;
  throw new ConfigError(`${field} is ${describe(ttlMs)}: expected ${expected}`, { field });
}
