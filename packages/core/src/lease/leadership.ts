/**
 * Who leads: asks the store for the lease, renews it, and makes a `Term` for each lease it gets.
 *
 *            acquired                        renewed
 *   ┌─────┐ ─────────▶ ┌──────┐ ─────────────────────────┐
 *   │stand│            │leader│ ◀────────────────────────┘
 *   │ by  │ ◀───────── └──────┘
 *   └─────┘  refused · no renewal in time · no progress · a write came under an old lease · a newer version leads · held ·
 *            the schedule belongs to another application · another application needs another publisher · stopped
 *
 * A refusal ends the term at once. An error does not: the node trusts the lease until `ttl - margin` after the last
 * answered request was *sent* (R7), and keeps trying to renew it until then (R8). After each term the node stands by with
 * a new token (R1, R10). Nothing here sends messages or saves cursors.
 */

import { randomBytes } from "node:crypto";

import type { Clock } from "../base/clock.js";
import { isLease, type Lease, type LockHeld } from "../contract/store.js";
import { checkLease } from "../store/checked-answers.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { type EndReason, type RequestTime, Term } from "./term.js";

export interface LeadershipSettings {
  /** Host and process id, for people. */
  readonly label: string;
  readonly lockTtlMs: number;
  readonly renewEveryMs: number;
  /** Trust ends this much before the lock does. */
  readonly marginMs: number;
  readonly standbyPollMs: number;
  /** A leader whose loop makes no progress for this time stops renewing (R9). */
  readonly stallLimitMs: number;
}

export interface LeadershipHooks {
  onLeader(term: Term): void;
  /** `wasTrusted`: the lease could still be trusted, so no other node can have led since. */
  onStandby(reason: EndReason, wasTrusted: boolean): void;
  /** The store refused the lease, with this answer. */
  onWaiting(held: LockHeld): void;
  onError(error: unknown): void;
  /** `false`: this node leaves the lease to others, and is asked again after a wait. */
  mayCompete(): boolean;
}

/** The shortest wait between two requests after an error (R8). */
const RETRY_LEAST_MS = 100;

export class Leadership {
  readonly #store: StoreWithDeadlines;
  readonly #clock: Clock;
  readonly #settings: LeadershipSettings;
  readonly #hooks: LeadershipHooks;
  readonly #random: () => number;
  #token = newToken();
  #term: Term | null = null;
  /** The last request for the lease was not answered: the lock may be ours. */
  #isUnanswered = false;
  /** Monotonic ms of the next request. */
  #nextRequestAt = 0;
  #asking: Promise<void> | null = null;

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
    this.#nextRequestAt = clock.monotonicMs();
  }

  /** The present term, trusted or not; `null` on a standby. */
  get term(): Term | null {
    return this.#term;
  }

  /** Time until `ensureLease` has something to do, in ms. */
  get msUntilRequest(): number {
    const until = this.#nextRequestAt - this.#clock.monotonicMs();
    return Math.max(0, this.#term?.wallClockAgrees === false ? Math.min(until, RETRY_LEAST_MS) : until);
  }

  /** Makes the next request due after a short random wait, because the lock may be free (R36). */
  hurry(): void {
    if (this.#term) return;
    this.#nextRequestAt = Math.min(this.#nextRequestAt, this.#clock.monotonicMs() + this.#random() * 50);
  }

  /** Acquires or renews the lease if that is due. One request at a time; never rejects. */
  ensureLease(): Promise<void> {
    this.#asking ??= this.#acquireOrRenew().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Ends the term and waits until the store has released the lock, or failed to. */
  async resign(): Promise<void> {
    await this.#asking;
    const term = this.#term;
    term?.end("stopped");
    if (term) await this.#release(term.lease);
    else if (this.#isUnanswered) await this.#releaseUnanswered();
  }

  /** An unanswered request may hold the lock. The same token gets the same lease, which is then released (R6). */
  async #releaseUnanswered(): Promise<void> {
    const { lockTtlMs, label } = this.#settings;
    try {
      const answer = await this.#store.acquireLock({ token: this.#token, ttlMs: lockTtlMs, label });
      if (isLease(answer)) await this.#release(answer);
    } catch (error) {
      this.#hooks.onError(error);
    }
  }

  async #acquireOrRenew(): Promise<void> {
    if (this.#term) await this.#renewIfDue(this.#term);
    else if (this.#clock.monotonicMs() < this.#nextRequestAt) return;
    else if (this.#hooks.mayCompete()) await this.#acquire();
    else this.#nextRequestAt = this.#clock.monotonicMs() + this.#jittered(this.#settings.standbyPollMs);
  }

  async #acquire(): Promise<void> {
    const { lockTtlMs, label } = this.#settings;
    const askedAt = this.#requestTime();
    try {
      const answer = await this.#store.acquireLock({ token: this.#token, ttlMs: lockTtlMs, label });
      this.#isUnanswered = false;
      if (isLease(answer)) this.#lead(checkLease(this.#store.name, answer), askedAt);
      else this.#wait(answer);
    } catch (error) {
      this.#isUnanswered = true;
      // The store may have granted it: the same token asks again soon, and then gets the same lease (R6).
      this.#nextRequestAt = this.#clock.monotonicMs() + Math.min(1000, this.#jittered(this.#settings.standbyPollMs));
      this.#hooks.onError(error);
    }
  }

  /** If the answer came so late that no trust is left, the next call of `ensureLease` ends the term. */
  #lead(lease: Lease, askedAt: RequestTime): void {
    const trustMs = this.#settings.lockTtlMs - this.#settings.marginMs;
    const term = new Term(lease, askedAt, trustMs, this.#clock, (reason, wasTrusted) => {
      this.#onEnd(term, reason, wasTrusted);
    });
    this.#term = term;
    this.#nextRequestAt = askedAt.monotonicMs + this.#settings.renewEveryMs;
    this.#hooks.onLeader(term);
  }

  #wait(held: LockHeld): void {
    const slackMs = 100 + this.#random() * 150;
    const waitMs = Math.min(this.#jittered(this.#settings.standbyPollMs), held.retryAfterMs + slackMs);
    this.#nextRequestAt = this.#clock.monotonicMs() + waitMs;
    this.#hooks.onWaiting(held);
  }

  async #renewIfDue(term: Term): Promise<void> {
    const askedAt = this.#requestTime();
    if (askedAt.monotonicMs >= term.trustedUntil) return term.end("no renewal in time");
    if (term.idleMs > this.#settings.stallLimitMs) return term.end("no progress");
    if (this.msUntilRequest > 0 && term.wallClockAgrees) return;
    try {
      const isRenewed = await this.#store.renewLock(term.lease, this.#settings.lockTtlMs);
      if (term.ended.aborted) return;
      if (!isRenewed) return term.end("refused by the store");
      term.extend(askedAt);
      this.#nextRequestAt = askedAt.monotonicMs + this.#settings.renewEveryMs;
    } catch (error) {
      if (term.ended.aborted) return;
      const now = this.#clock.monotonicMs();
      const retryMs = Math.max(RETRY_LEAST_MS, (term.trustedUntil - now) / 10);
      this.#nextRequestAt = Math.min(term.trustedUntil, now + retryMs);
      this.#hooks.onError(error);
    }
  }

  #onEnd({ lease }: Term, reason: EndReason, wasTrusted: boolean): void {
    this.#term = null;
    this.#token = newToken();
    // Wait, so that the other nodes get the lock first.
    this.#nextRequestAt = this.#clock.monotonicMs() + this.#jittered(this.#settings.standbyPollMs) / 2;
    this.#hooks.onStandby(reason, wasTrusted);
    // `resign` releases the lock itself, and waits for it. A store that has refused the lease may still keep the lock.
    if (reason !== "stopped") void this.#release(lease);
  }

  async #release(lease: Lease): Promise<void> {
    try {
      await this.#store.releaseLock(lease);
    } catch (error) {
      this.#hooks.onError(error);
    }
  }

  #requestTime(): RequestTime {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.now() };
  }

  #jittered(ms: number): number {
    return ms * (0.8 + 0.4 * this.#random());
  }
}

function newToken(): string {
  return randomBytes(16).toString("hex");
}
