import type { Lease, LockHeld, LeaderInfo, LockRequest } from "@beatx/core";
import type { MachineClock } from "./machine-clock.js";

/** What is kept about the lock. The fence stays when the holder goes, so that it only grows (R2). */
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
  /** By the machine's clock, in the boot `bootId`. */
  readonly untilMs: number;
  readonly bootId: string;
}

/** The answer to an `acquireLock`, and the row to keep if it changes. */
export interface Acquisition {
  readonly answer: Lease | LockHeld;
  readonly row?: LockRow;
}

/** What a request is judged by, besides the row. */
export interface Moment {
  /** Wall time, epoch ms. */
  readonly now: number;
  readonly machine: MachineClock;
  /** How long ago the data may have been lost, and a lease with it, in whole ms; `Infinity`: never, as far as is known. */
  readonly sinceLossMs: number;
}

/**
 * R6: a free lock is taken under a new fence, one's own is prolonged, another's is refused with its remaining time. After
 * a loss nobody may lead before a lease that was lost has run out.
 */
export function acquire(row: LockRow | undefined, request: LockRequest, moment: Moment): Acquisition {
  const { token, ttlMs, label } = request;
  const { now, machine, sinceLossMs } = moment;
  const leader = describe(row, machine);
  if (leader !== null && row?.holder?.token !== token) {
    return { answer: { retryAfterMs: leader.expiresInMs, leader } };
  }
  if (leader === null && sinceLossMs <= ttlMs) {
    const reason = "the folder was deleted or replaced, and a lease that was in it may still be trusted";
    return { answer: { retryAfterMs: ttlMs + 1 - sinceLossMs, leader: null, reason } };
  }
  const term = leader ?? { fence: Math.max((row?.fence ?? 0) + 1, Math.floor(now)), label, since: Math.floor(now) };
  const holder = { token, label: term.label, since: term.since, ...lifetime(ttlMs, machine) };
  return { answer: { token, fence: term.fence }, row: { fence: term.fence, holder } };
}

/** The row with a new lifetime; `undefined` when the lease is not the current one, for it is never revived. */
export function renew(
  row: LockRow | undefined,
  lease: Lease,
  ttlMs: number,
  machine: MachineClock,
): LockRow | undefined {
  if (!isCurrent(row, lease, machine)) return undefined;
  return { fence: row.fence, holder: { ...row.holder, ...lifetime(ttlMs, machine) } };
}

/** R3: the whole value is compared, token and fence; and a lease whose time is over is nobody's. */
export function isCurrent(
  row: LockRow | undefined,
  lease: Lease,
  machine: MachineClock,
): row is LockRow & { readonly holder: Holder } {
  if (row === undefined || row.holder === null) return false;
  return row.fence === lease.fence && row.holder.token === lease.token && remainingMs(row.holder, machine) > 0;
}

/** Who leads; `null`: nobody. */
export function describe(row: LockRow | undefined, machine: MachineClock): LeaderInfo | null {
  if (row === undefined || row.holder === null) return null;
  const { label, since } = row.holder;
  const expiresInMs = remainingMs(row.holder, machine);
  return expiresInMs > 0 ? { fence: row.fence, label, since, expiresInMs } : null;
}

/** One more than asked, because the machine's clock counts whole ms and the present one has begun: never shorter. */
function lifetime(ttlMs: number, machine: MachineClock): Pick<Holder, "ttlMs" | "untilMs" | "bootId"> {
  const lifetimeMs = Math.ceil(ttlMs) + 1;
  return { ttlMs: lifetimeMs, untilMs: machine.nowMs() + lifetimeMs, bootId: machine.bootId };
}

/**
 * No process survives a boot, and neither does its lease. Another boot shows by its id; where there is none, by an end
 * that lies further ahead than any renewal could have put it, since the machine's clock has begun anew.
 */
function remainingMs({ ttlMs, untilMs, bootId }: Holder, machine: MachineClock): number {
  if (bootId !== machine.bootId) return 0;
  const leftMs = untilMs - machine.nowMs();
  return leftMs > ttlMs ? 0 : Math.max(0, leftMs);
}
