import type { LeaderInfo } from "@beatx/core";
import type { Lease, LockHeld, LockRequest } from "@beatx/core/adapter";
import type { MachineClock } from "./machine-clock.js";
import { fieldsOf, isNumber } from "./rows.js";

/** The stored lock. The fence stays when the holder leaves, so it only grows (R2). */
export interface LockRow {
  readonly fence: number;
  readonly holder: Holder | null;
}

export interface Holder {
  readonly token: string;
  readonly label: string;
  /** Epoch ms. */
  readonly since: number;
  readonly ttlMs: number;
  /** End of the lease by the machine's clock, in the boot `bootId`. */
  readonly untilMs: number;
  readonly bootId: string;
}

/** The stored lock; `undefined`: none; `"damaged"`: the row says nothing about a lease. */
export function readLockRow(row: unknown): LockRow | "damaged" | undefined {
  if (row === undefined) return undefined;
  const { fence, holder } = fieldsOf(row);
  if (!isNumber(fence)) return "damaged";
  return holder === null || isHolder(fieldsOf(holder)) ? (row as LockRow) : "damaged";
}

function isHolder({ token, label, bootId, since, ttlMs, untilMs }: Readonly<Record<string, unknown>>): boolean {
  if (![token, label, bootId].every((text) => typeof text === "string")) return false;
  return isNumber(since) && isNumber(untilMs) && isNumber(ttlMs);
}

/** The answer to an `acquireLock`, and the new row if it changes. */
export interface Acquisition {
  readonly answer: Lease | LockHeld;
  readonly row?: LockRow;
}

/** The circumstances of a request. */
export interface Moment {
  /** Wall time, epoch ms. */
  readonly now: number;
  readonly machine: MachineClock;
  /** The time since the data, and a lease with it, may have been lost, in whole ms; `Infinity`: no known loss. */
  readonly sinceLossMs: number;
}

/**
 * R6: a free lock is taken under a new fence, a node's own lock is prolonged, and another node's lock is refused with its
 * remaining time. After a loss no node may lead until a lost lease has run out.
 */
export function acquire(row: LockRow | undefined, request: LockRequest, moment: Moment): Acquisition {
  const { token, ttlMs, label } = request;
  const { now, machine, sinceLossMs } = moment;
  const leader = describe(row, machine);
  if (leader !== null && row?.holder?.token !== token) {
    return { answer: { retryAfterMs: leader.expiresInMs, leader } };
  }
  if (leader === null && sinceLossMs <= ttlMs) {
    const reason = "the stored lock was deleted, replaced or damaged, and a lease in it may still be trusted";
    return { answer: { retryAfterMs: ttlMs + 1 - sinceLossMs, leader: null, reason } };
  }
  const term = leader ?? { fence: Math.max((row?.fence ?? 0) + 1, Math.floor(now)), label, since: Math.floor(now) };
  const holder = { token, label: term.label, since: term.since, ...lifetime(ttlMs, machine) };
  return { answer: { token, fence: term.fence }, row: { fence: term.fence, holder } };
}

/** The row with a new lifetime. `undefined`: the lease is not current, and is never revived. */
export function renew(
  row: LockRow | undefined,
  lease: Lease,
  ttlMs: number,
  machine: MachineClock,
): LockRow | undefined {
  if (!isCurrent(row, lease, machine)) return undefined;
  return { fence: row.fence, holder: { ...row.holder, ...lifetime(ttlMs, machine) } };
}

/** R3: token and fence are both compared, and an expired lease is never current. */
export function isCurrent(
  row: LockRow | undefined,
  lease: Lease,
  machine: MachineClock,
): row is LockRow & { readonly holder: Holder } {
  if (row === undefined || row.holder === null) return false;
  return row.fence === lease.fence && row.holder.token === lease.token && remainingMs(row.holder, machine) > 0;
}

/** The leader; `null`: no node leads. */
export function describe(row: LockRow | undefined, machine: MachineClock): LeaderInfo | null {
  if (row === undefined || row.holder === null) return null;
  const { label, since } = row.holder;
  const expiresInMs = remainingMs(row.holder, machine);
  return expiresInMs > 0 ? { fence: row.fence, label, since, expiresInMs } : null;
}

/** One ms longer than requested: the machine's clock counts whole ms, and the current one is already running. */
function lifetime(ttlMs: number, machine: MachineClock): Pick<Holder, "ttlMs" | "untilMs" | "bootId"> {
  const lifetimeMs = Math.ceil(ttlMs) + 1;
  return { ttlMs: lifetimeMs, untilMs: machine.nowMs() + lifetimeMs, bootId: machine.bootId };
}

/**
 * No process survives a reboot, and neither does its lease. A reboot changes the boot id. If there is none, it restarts the
 * machine's clock, so the end of an old lease lies further ahead than any renewal could put it.
 */
function remainingMs({ ttlMs, untilMs, bootId }: Holder, machine: MachineClock): number {
  if (bootId !== machine.bootId) return 0;
  const leftMs = untilMs - machine.nowMs();
  return leftMs > ttlMs ? 0 : Math.max(0, leftMs);
}
