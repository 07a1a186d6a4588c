import type { LeaderInfo, Lease, LockHeld, LockRequest } from "@beatx/core/adapter";

import type { Machine } from "../world/machine.js";

interface HeldLock extends Lease {
  readonly label: string;
  readonly since: number;
  /** By the clock of lifetimes. */
  readonly expiresAt: number;
}

/** What the server keeps of the lock. */
export interface LockState {
  readonly held: HeldLock | null;
  readonly lastFence: number;
}

export const NO_LOCK: LockState = { held: null, lastFence: 0 };

/** The lock on one server that compares token and fence in one step (R2, R3, R6, R33). */
export class LockData {
  readonly #machine: Machine;
  readonly #goesByWallClock: boolean;
  readonly #onGrant: (lease: Lease, isNew: boolean) => void;
  #state = NO_LOCK;
  /** A lease may have been lost at this moment, by the clock of lifetimes. `null`: none was. */
  #lostAt: number | null = null;

  /** `goesByWallClock`: lifetimes go by the server's wall clock, which can be set; otherwise by its monotonic clock. */
  constructor(machine: Machine, goesByWallClock: boolean, onGrant: (lease: Lease, isNew: boolean) => void) {
    this.#machine = machine;
    this.#goesByWallClock = goesByWallClock;
    this.#onGrant = onGrant;
  }

  get state(): LockState {
    return this.#state;
  }

  /** A lease may have been lost. `state`: what the server has now; omitted: what it had. */
  restart(state: LockState = this.#state): void {
    this.#state = state;
    this.#lostAt = this.#now;
  }

  acquire({ token, ttlMs, label }: LockRequest): Lease | LockHeld {
    const now = this.#now;
    const held = this.#current();
    if (held?.token === token) {
      this.#state = { ...this.#state, held: { ...held, expiresAt: now + ttlMs } };
      return this.#grant({ token, fence: held.fence }, false);
    }
    if (held) return { retryAfterMs: held.expiresAt - now, leader: this.#describe(held) };
    const waitMs = this.#lostAt === null ? 0 : this.#lostAt + ttlMs - now;
    if (waitMs > 0) return { retryAfterMs: waitMs, leader: null, reason: "a lease may have been lost" };
    const since = this.#machine.now();
    const fence = Math.max(this.#state.lastFence + 1, since);
    this.#state = { held: { token, fence, label, since, expiresAt: now + ttlMs }, lastFence: fence };
    return this.#grant({ token, fence }, true);
  }

  renew(lease: Lease, ttlMs: number): boolean {
    const held = this.#current();
    if (!held || !this.isCurrent(lease)) return false;
    this.#state = { ...this.#state, held: { ...held, expiresAt: this.#now + ttlMs } };
    return true;
  }

  release(lease: Lease): boolean {
    if (!this.isCurrent(lease)) return false;
    this.#state = { ...this.#state, held: null };
    return true;
  }

  read(): LeaderInfo | null {
    const held = this.#current();
    return held && this.#describe(held);
  }

  isCurrent(lease: Lease): boolean {
    const held = this.#current();
    return held !== null && held.token === lease.token && held.fence === lease.fence;
  }

  #grant(lease: Lease, isNew: boolean): Lease {
    this.#onGrant(lease, isNew);
    return lease;
  }

  get #now(): number {
    return this.#goesByWallClock ? this.#machine.now() : this.#machine.monotonicMs();
  }

  #current(): HeldLock | null {
    const { held, lastFence } = this.#state;
    if (held && this.#now >= held.expiresAt) this.#state = { held: null, lastFence };
    return this.#state.held;
  }

  #describe({ fence, label, since, expiresAt }: HeldLock): LeaderInfo {
    return { fence, label, since, expiresInMs: expiresAt - this.#now };
  }
}
