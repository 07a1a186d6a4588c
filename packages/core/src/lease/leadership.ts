/**
 * Who leads: asks the store for the lease, renews it, and says for how long it may be trusted.
 *
 *            acquired                        renewed
 *   ┌─────┐ ─────────▶ ┌──────┐ ─────────────────────────┐
 *   │stand│            │leader│ ◀────────────────────────┘
 *   │ by  │ ◀───────── └──────┘
 *   └─────┘  refused · no renewal in time · no progress · a write came under an old lease · stopped
 *
 * A refusal ends leadership at once. An error does not: the lease is believed until `ttl - margin` after the last request
 * that the store answered was *sent* (R7), and asked for again until then (R8). Every loss is a return to standby with a
 * new token, for the life of the process (R1, R10). Nothing here sends or saves.
 */

import { randomBytes } from "node:crypto";

import type { Clock } from "../base/clock.js";
import { isLease, type Lease, type LockHeld } from "../contract/store.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { StandbyReason } from "./term.js";

export interface LeadershipSettings {
  readonly label: string;
  readonly lockTtlMs: number;
  readonly renewEveryMs: number;
  /** Trust ends this much before the lock does. */
  readonly marginMs: number;
  readonly standbyPollMs: number;
  /** A leader whose passes make no progress for so long stops renewing (R9). */
  readonly stallLimitMs: number;
}

export interface LeadershipHooks {
  onLeader(lease: Lease): void;
  /** `wasTrusted`: the lease could still be believed, so that nobody else can have led since. */
  onStandby(reason: StandbyReason, wasTrusted: boolean): void;
  /** A refused attempt, with what the store said. */
  onWaiting(held: LockHeld): void;
  onError(error: unknown): void;
}

/** What this node knows of its lease; monotonic ms, but for `askedAtWall`. */
interface Term {
  readonly lease: Lease;
  /** The lease is believed until here (R7). */
  validUntil: number;
  /** Wall clock, epoch ms, just before the last request that was answered. */
  askedAtWall: number;
  /** The last time that the caller's loop got somewhere (R9). */
  progressAt: number;
}

/** The shortest wait between two commands after an error (R8). */
const RETRY_LEAST_MS = 100;

export class Leadership {
  readonly #store: StoreWithDeadlines;
  readonly #clock: Clock;
  readonly #settings: LeadershipSettings;
  readonly #hooks: LeadershipHooks;
  readonly #random: () => number;
  #token = newToken();
  #term: Term | null = null;
  /** The last attempt was not answered: the lock may be ours. */
  #isUnanswered = false;
  /** Monotonic ms of the next command. */
  #nextStepAt = 0;
  #step: Promise<void> | null = null;

  constructor(
    store: StoreWithDeadlines,
    clock: Clock,
    settings: LeadershipSettings,
    hooks: LeadershipHooks,
    random: () => number,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#settings = settings;
    this.#hooks = hooks;
    this.#random = random;
    this.#nextStepAt = clock.monotonicMs();
  }

  /** The lease while it may be trusted for `forMs` more, else `null` (R5, R19). */
  trustedLease(forMs = 0): Lease | null {
    const term = this.#term;
    if (term === null || this.#clock.monotonicMs() + forMs >= term.validUntil) return null;
    return this.#wallClockAgrees(term) ? term.lease : null;
  }

  /** Whether a term is under way, trusted or not. */
  get isLeader(): boolean {
    return this.#term !== null;
  }

  /** How long until `step` has something to do, in ms. */
  get msUntilStep(): number {
    const until = this.#nextStepAt - this.#clock.monotonicMs();
    const term = this.#term;
    return Math.max(0, term && !this.#wallClockAgrees(term) ? Math.min(until, RETRY_LEAST_MS) : until);
  }

  /** Tells that the caller's loop is alive and gets somewhere (R9). */
  noteProgress(): void {
    if (this.#term) this.#term.progressAt = this.#clock.monotonicMs();
  }

  /** Makes the next step due after a short random wait: somebody gave the lock up (R36). */
  hurry(): void {
    if (this.#term) return;
    this.#nextStepAt = Math.min(this.#nextStepAt, this.#clock.monotonicMs() + this.#random() * 50);
  }

  /** Acquires or renews if that is due; one step at a time, never rejects. */
  step(): Promise<void> {
    this.#step ??= this.#run().finally(() => {
      this.#step = null;
    });
    return this.#step;
  }

  /**
   * Ends the term of the lease `of`, by default the present one, if it has not ended yet; the lock is given up unless the
   * store itself said that it is gone (R10).
   */
  stepDown(reason: StandbyReason, of: Lease | null = this.#term?.lease ?? null): void {
    if (this.#term?.lease !== of) return;
    const term = this.#end(reason);
    if (term && reason !== "refused by the store") void this.#release(term.lease);
  }

  /** As `stepDown("stopped")`, and waits for the store's answer. */
  async resign(): Promise<void> {
    await this.#step;
    const term = this.#end("stopped");
    if (term) await this.#release(term.lease);
    else if (this.#isUnanswered) await this.#releaseUnanswered();
  }

  /** The attempt whose answer was lost may hold the lock: the same token gets the same lease, to give it up (R6). */
  async #releaseUnanswered(): Promise<void> {
    const { lockTtlMs, label } = this.#settings;
    try {
      const answer = await this.#store.acquireLock({ token: this.#token, ttlMs: lockTtlMs, label });
      if (isLease(answer)) await this.#release(answer);
    } catch (error) {
      this.#hooks.onError(error);
    }
  }

  async #run(): Promise<void> {
    if (this.#term) await this.#renewIfDue(this.#term);
    else if (this.#clock.monotonicMs() >= this.#nextStepAt) await this.#acquire();
  }

  async #acquire(): Promise<void> {
    const { lockTtlMs, label } = this.#settings;
    const askedAt = this.#clock.monotonicMs();
    const askedAtWall = this.#clock.now();
    try {
      const answer = await this.#store.acquireLock({ token: this.#token, ttlMs: lockTtlMs, label });
      this.#isUnanswered = false;
      if (!isLease(answer)) return this.#wait(answer);
      this.#term = { lease: answer, validUntil: 0, askedAtWall, progressAt: askedAt };
      this.#extend(this.#term, askedAt, askedAtWall);
      // An answer so late that nothing of the lease is left: the next step finds it out and steps down.
      this.#hooks.onLeader(answer);
    } catch (error) {
      this.#isUnanswered = true;
      // Perhaps acquired: the same token asks again soon, and then gets the same lease (R6).
      this.#nextStepAt = this.#clock.monotonicMs() + Math.min(1000, this.#jittered(this.#settings.standbyPollMs));
      this.#hooks.onError(error);
    }
  }

  #wait(held: LockHeld): void {
    const slackMs = 100 + this.#random() * 150;
    const waitMs = Math.min(this.#jittered(this.#settings.standbyPollMs), held.retryAfterMs + slackMs);
    this.#nextStepAt = this.#clock.monotonicMs() + waitMs;
    this.#hooks.onWaiting(held);
  }

  async #renewIfDue(term: Term): Promise<void> {
    const askedAt = this.#clock.monotonicMs();
    if (askedAt >= term.validUntil) return this.stepDown("no renewal in time");
    if (askedAt - term.progressAt > this.#settings.stallLimitMs) return this.stepDown("no progress");
    if (this.msUntilStep > 0 && this.#wallClockAgrees(term)) return;
    const askedAtWall = this.#clock.now();
    try {
      const renewed = await this.#store.renewLock(term.lease, this.#settings.lockTtlMs);
      if (this.#term !== term) return;
      if (renewed) this.#extend(term, askedAt, askedAtWall);
      else this.stepDown("refused by the store");
    } catch (error) {
      if (this.#term !== term) return;
      const now = this.#clock.monotonicMs();
      this.#nextStepAt = Math.min(term.validUntil, now + Math.max(RETRY_LEAST_MS, (term.validUntil - now) / 10));
      this.#hooks.onError(error);
    }
  }

  #extend(term: Term, askedAt: number, askedAtWall: number): void {
    term.validUntil = askedAt + this.#settings.lockTtlMs - this.#settings.marginMs;
    term.askedAtWall = askedAtWall;
    this.#nextStepAt = askedAt + this.#settings.renewEveryMs;
  }

  /** A suspended machine's monotonic clock stood still; its wall clock did not (R5). */
  #wallClockAgrees(term: Term): boolean {
    return this.#clock.now() - term.askedAtWall < this.#settings.lockTtlMs - this.#settings.marginMs;
  }

  #end(reason: StandbyReason): Term | null {
    const term = this.#term;
    if (!term) return null;
    const wasTrusted = this.trustedLease() !== null;
    this.#term = null;
    this.#token = newToken();
    // Whoever was too slow lets the others go first.
    this.#nextStepAt = this.#clock.monotonicMs() + this.#jittered(this.#settings.standbyPollMs) / 2;
    this.#hooks.onStandby(reason, wasTrusted);
    return term;
  }

  async #release(lease: Lease): Promise<void> {
    try {
      await this.#store.releaseLock(lease);
    } catch (error) {
      this.#hooks.onError(error);
    }
  }

  #jittered(ms: number): number {
    return ms * (0.8 + 0.4 * this.#random());
  }
}

function newToken(): string {
  return randomBytes(16).toString("hex");
}
