import type { Clock, LeaderInfo } from "@beatx/core";
import type { Lease, LockHeld, LockRequest } from "@beatx/core/adapter";

interface HeldLock extends Lease {
  readonly label: string;
  readonly since: number;
  expiresAtMs: number;
}

/** The lock of one namespace. Leases run on the backend's monotonic clock, like those of a server on its own clock. */
export class DummyLock {
  readonly #clock: Clock;
  #held: HeldLock | null = null;
  #lastFence = 0;
  #wipedAtMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  acquire({ token, ttlMs, label }: LockRequest): Lease | LockHeld {
    const nowMs = this.#clock.monotonicMs();
    const held = this.#current();
    if (held?.token === token) {
      held.expiresAtMs = nowMs + ttlMs; // R6: after a lost reply, a second request gets the same lease
      return { token, fence: held.fence };
    }
    if (held) return { retryAfterMs: held.expiresAtMs - nowMs, leader: this.#describe(held) };
    const waitMs = this.#wipedAtMs === null ? 0 : this.#wipedAtMs + ttlMs - nowMs;
    if (waitMs > 0) {
      const reason = "the store has lost its data, and a lost lease may still be trusted";
      return { retryAfterMs: waitMs, leader: null, reason };
    }
    const since = this.#clock.now();
    this.#lastFence = Math.max(this.#lastFence + 1, Math.floor(since)); // R2
    this.#held = { token, fence: this.#lastFence, label, since, expiresAtMs: nowMs + ttlMs };
    return { token, fence: this.#lastFence };
  }

  renew(lease: Lease, ttlMs: number): boolean {
    const held = this.#current();
    if (!held || !isSame(held, lease)) return false;
    held.expiresAtMs = this.#clock.monotonicMs() + ttlMs;
    return true;
  }

  release(lease: Lease): boolean {
    if (!this.isCurrent(lease)) return false;
    this.#held = null;
    return true;
  }

  read(): LeaderInfo | null {
    const held = this.#current();
    return held && this.#describe(held);
  }

  /** R3: token and fence are both compared, and an expired lease is never current. */
  isCurrent(lease: Lease): boolean {
    const held = this.#current();
    return held !== null && isSame(held, lease);
  }

  /** Ends the term as if its lease had run out. `false`: no node led. */
  expire(): boolean {
    const led = this.#current() !== null;
    this.#held = null;
    return led;
  }

  /** Loses lease and fence. No node may lead until the lost lease has run out. */
  wipe(): void {
    this.#held = null;
    this.#lastFence = 0;
    this.#wipedAtMs = this.#clock.monotonicMs();
  }

  #current(): HeldLock | null {
    if (this.#held && this.#clock.monotonicMs() >= this.#held.expiresAtMs) this.#held = null;
    return this.#held;
  }

  #describe({ fence, label, since, expiresAtMs }: HeldLock): LeaderInfo {
    return { fence, label, since, expiresInMs: expiresAtMs - this.#clock.monotonicMs() };
  }
}

function isSame(held: Lease, lease: Lease): boolean {
  return held.token === lease.token && held.fence === lease.fence;
}
