import { setMaxListeners } from "node:events";

import type { Clock } from "../base/clock.js";
import { PublishError } from "../base/errors.js";
import type { Lease } from "../contract/store.js";

/** Why a term ended. */
export type EndReason =
  | "refused by the store"
  | "no renewal in time"
  | "no progress"
  | "a write came under an old lease"
  | "the schedule is held"
  | "the schedule belongs to a newer version of beatx"
  | "the schedule belongs to another application"
  | "another application needs another publisher"
  | "stopped";

/** Why a node stands by. */
export type StandbyReason = "joined" | EndReason;

/** The moment a request was sent, on both clocks of this node, in ms. */
export interface RequestTime {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/**
 * One term of leadership: from the lease that the store granted to its loss. `Leadership` makes it. An ended term never
 * leads again. Everything that belongs to one term is made with it, so the next term cannot see it.
 */
export class Term {
  readonly lease: Lease;
  readonly #clock: Clock;
  readonly #trustMs: number;
  readonly #onEnd: (reason: EndReason, wasTrusted: boolean) => void;
  readonly #ended = new AbortController();
  #renewedAt: RequestTime;
  /** Monotonic ms. */
  #progressAt: number;

  /** `trustMs`: how long one answer of the store may be trusted. `askedAt`: when the granted request was sent. */
  constructor(
    lease: Lease,
    askedAt: RequestTime,
    trustMs: number,
    clock: Clock,
    onEnd: (reason: EndReason, wasTrusted: boolean) => void,
  ) {
    this.lease = lease;
    this.#renewedAt = askedAt;
    this.#progressAt = askedAt.monotonicMs;
    this.#trustMs = trustMs;
    this.#clock = clock;
    this.#onEnd = onEnd;
    // Each run of a handler listens.
    setMaxListeners(0, this.#ended.signal);
  }

  /** Aborted when the term ends: nothing may be sent afterwards. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Monotonic ms: trust ends here unless the lease is renewed (R7). */
  get trustedUntil(): number {
    return this.#renewedAt.monotonicMs + this.#trustMs;
  }

  /** `false`: by the wall clock the trust has run out. Only that clock moves on while a machine is suspended (R5). */
  get wallClockAgrees(): boolean {
    return this.#wallClockTrusts(0);
  }

  /** Whether this node may act as the leader for `forMs` more, by both clocks (R5, R19). */
  isTrusted(forMs = 0): boolean {
    const hasTime = this.#clock.monotonicMs() + forMs < this.trustedUntil;
    return hasTime && this.#wallClockTrusts(forMs) && !this.#ended.signal.aborted;
  }

  #wallClockTrusts(forMs: number): boolean {
    return this.#clock.now() + forMs - this.#renewedAt.wallMs < this.#trustMs;
  }

  /** The store has renewed the lease. */
  extend(askedAt: RequestTime): void {
    this.#renewedAt = askedAt;
  }

  /** Records progress of the node's loop (R9). */
  noteProgress(): void {
    this.#progressAt = this.#clock.monotonicMs();
  }

  /** Time since the last progress, in ms. */
  get idleMs(): number {
    return this.#clock.monotonicMs() - this.#progressAt;
  }

  /** Ends the term for good; later calls do nothing. The lock is released (R10). */
  end(reason: EndReason): void {
    if (this.#ended.signal.aborted) return;
    const wasTrusted = this.isTrusted();
    this.#ended.abort(new PublishError("leadership ended before the message was sent"));
    this.#onEnd(reason, wasTrusted);
  }
}
