import type { LeaderInfo } from "@beatx/core";
import type { Lease } from "@beatx/core/adapter";
import { isCount, isFence, readJson } from "../items/checks.js";

/** A day, restarted by every renewal. It only clears the record of an abandoned namespace; safety does not depend on it. */
export const LOCK_LIFETIME_S: number = 86_400;
/** No lease outlives its item. */
export const MOST_TTL_MS: number = LOCK_LIFETIME_S * 1000;

/**
 * The record of the lock. No text ever repeats: renewals count up, fences grow, the rest is random. So a node that reads
 * the same text twice knows that nothing was written in between.
 */
export type LockRecord =
  /** A node found no record here. A lost lease may still be trusted: no node may lead until it has run out. */
  | { readonly state: "init"; readonly fence: number; readonly ttlMs: number; readonly id: string }
  /** Released: may be taken at once. */
  | { readonly state: "free"; readonly fence: number; readonly ttlMs: number; readonly id: string }
  | HeldRecord;

export interface HeldRecord {
  readonly state: "held";
  readonly fence: number;
  /** Of the last acquisition or renewal. */
  readonly ttlMs: number;
  readonly token: string;
  /** Counts the writes of the term: 0 for its start, then one for each renewal or repeated acquisition. */
  readonly writes: number;
  readonly label: string;
  /** Epoch ms by the holder's clock. */
  readonly since: number;
}

/**
 * How long a record must be seen unchanged before it may be taken, in ms. The holder counts `ttlMs` from when it *sent* its
 * last write; a watcher counts from when it *received* the text, which is later. The extra quarter covers clocks that run
 * at different rates: core trusts a lease for only 0.8 or 0.9 of `ttlMs`, which is 0.64 to 0.72 of this wait.
 */
export function waitMs(ttlMs: number): number {
  return Math.ceil(ttlMs / 0.8);
}

/** The longest time for a read and the write made from it, in ms (0.4 of `waitMs`). Slower ones are repeated. */
export function longestExchangeMs(ttlMs: number): number {
  return ttlMs / 2;
}

export function isHeldUnder(record: LockRecord, { token, fence }: Lease): record is HeldRecord {
  return record.state === "held" && record.token === token && record.fence === fence;
}

export function describeHolder(record: HeldRecord, expiresInMs: number): LeaderInfo {
  const { fence, label, since } = record;
  return { fence, label, since, expiresInMs };
}

export function encodeLock(record: LockRecord): string {
  return JSON.stringify(record);
}

/** `null`: beatx did not write this text, or it was damaged since. */
export function decodeLock(text: string): LockRecord | null {
  const value = readJson(text);
  if (typeof value !== "object" || value === null) return null;
  const { state, fence, ttlMs, id, token, label, writes, since } = value as Readonly<Record<string, unknown>>;
  if (!isFence(fence) || !isCount(ttlMs) || ttlMs < 1 || ttlMs > MOST_TTL_MS) return null;
  const isWhole =
    state === "held"
      ? isText(token) && isText(label) && isCount(writes) && isCount(since)
      : (state === "init" || state === "free") && isText(id);
  return isWhole ? (value as LockRecord) : null;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
