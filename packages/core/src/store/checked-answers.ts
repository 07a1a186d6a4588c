/** Numbers that a store answers. Written into cursors, one that no cursor can hold would break every entry. */

import { describe } from "../base/describe.js";
import { StoreError } from "../base/errors.js";
import { isCount, isInstant } from "../base/number-range.js";
import type { Lease } from "../contract/store.js";

/** Returns the lease. @throws StoreError for a fence that is out of range. */
export function checkLease(store: string, lease: Lease): Lease {
  if (isCount(lease.fence)) return lease;
  throw outOfRange(store, "fence", lease.fence);
}

/** Returns the time. @throws StoreError for one that is out of range. */
export function checkTime(store: string, time: number): number {
  if (isInstant(Math.trunc(time))) return time;
  throw outOfRange(store, "time", time);
}

function outOfRange(store: string, what: string, value: number): StoreError {
  return new StoreError(`the ${store} store answered the ${what} ${describe(value)}: expected a number below 10^14`);
}
