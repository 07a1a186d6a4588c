import { StoreError } from "@beatx/core";
import type { Lease, LeaderInfo } from "@beatx/core";

/**
 * What is kept under the key of the lock. No text ever comes back: renewals count up, fences grow, the rest is random. So
 * whoever reads the same text twice knows that nobody wrote in between.
 */
export type LockRecord =
  /** Somebody found nothing here: nobody may lead before a lease that was lost has run out. */
  | { readonly state: "init"; readonly fence: number; readonly ttlMs: number; readonly id: string }
  /** Given up: may be taken at once. */
  | { readonly state: "free"; readonly fence: number; readonly ttlMs: number; readonly id: string }
  | HeldRecord;

export interface HeldRecord {
  readonly state: "held";
  readonly fence: number;
  /** As asked for by the last acquisition or renewal. */
  readonly ttlMs: number;
  readonly token: string;
  /** Counts acquisitions, repeated ones and renewals of the term. */
  readonly writes: number;
  readonly label: string;
  /** Epoch ms by the holder's clock. */
  readonly since: number;
}

/**
 * How long a record must be seen unchanged before it may be taken, in ms. The lease promises `ttlMs` from when the holder
 * *sent* its last write, a watcher counts from when it had *received* the text, which is later. The fifth on top is for
 * clocks that run at different rates. Core trusts a lease for less than `ttlMs` (0.8 or 0.9 of it), so that its trust ends
 * at 0.64 to 0.72 of what watchers wait.
 */
export function waitMs(ttlMs: number): number {
  return Math.ceil(ttlMs / 0.8);
}

/** A read and the write made from it may take so long together, in ms; longer ones are made again (0.4 of `waitMs`). */
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

/** @throws StoreError for a text that is not one of beatx. */
export function decodeLock(text: string): LockRecord {
  try {
    const record = JSON.parse(text) as LockRecord;
    if (["init", "free", "held"].includes(record.state)) return record;
  } catch {
    // Falls through to the one error below, which says what was found.
  }
  const shown = JSON.stringify(text.slice(0, 100));
  throw new StoreError(`the key of the lock holds ${shown}, which beatx did not write: choose another namespace`);
}
