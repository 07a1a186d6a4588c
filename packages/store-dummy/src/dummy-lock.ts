import type { Clock, Lease, LockHeld, LeaderInfo, LockRequest } from "@beatx/core";

interface HeldLock extends Lease {
  readonly label: string;
  readonly since: number;
  expiresAtMs: number;
}

/** The lease of one namespace. Lifetimes run on the backend's monotonic clock, as a server's do on its own. */
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
      held.expiresAtMs = nowMs + ttlMs; // R6: a lost reply is answered by asking again
      return { token, fence: held.fence };
    }
    if (held) return { retryAfterMs: held.expiresAtMs - nowMs, leader: this.#describe(held) };
    const waitMs = this.#wipedAtMs === null ? 0 : this.#wipedAtMs + ttlMs - nowMs;
    if (waitMs > 0) {
      const reason = "the store has lost its data, and a lease that it forgot may still be trusted";
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

  /** R3: the whole value is compared, token and fence, and an expired lease is nobody's. */
  isCurrent(lease: Lease): boolean {
    const held = this.#current();
    return held !== null && isSame(held, lease);
  }

  /** Ends the term as if its time were over. `false`: nobody led. */
  expire(): boolean {
    const led = this.#current() !== null;
    this.#held = null;
    return led;
  }

  /** Forgets lease and fence; nobody may lead until what was forgotten has run out. */
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
