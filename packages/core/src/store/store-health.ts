/** Which kinds of work a store fails at, as the commands of one node show (R44). */

import type { Clock } from "../base/clock.js";
import { withoutNumbers } from "../base/describe.js";
import { BeatxError } from "../base/errors.js";

/** The kinds of work of a store: one may fail, say for want of a right, while the others go on. */
export type StoreWork = "acquire" | "renew" | "read" | "write" | "advance";

/** What a store fails at. */
export interface StoreFailure {
  /** In the words of the last error that says something new. */
  readonly message: string;
  /** Epoch ms of cluster time. */
  readonly since: number;
}

interface Failing {
  message: string;
  /** Epoch ms; `null` until it is asked for. */
  since: number | null;
  /** Monotonic ms of the first and of the last failure. */
  readonly firstAt: number;
  lastAt: number;
}

/** How long a failure counts that is not repeated, in ms. */
export interface StoreHealthSettings {
  /** Of a renewal: while leadership changes again and again, this node must not forget it. */
  readonly renewalCountsMs: number;
  /** Of any other work, which a node repeats within seconds unless nothing of it is left to do. */
  readonly failureCountsMs: number;
}

/** An answer about one value or the lease: the store did its work. */
const ANSWERS = ["LOCK_LOST", "VALUE_TOO_LARGE", "BAD_ENTRY", "CONFLICT"] as const;

/** Made once per node: what a term has learned about the store holds for the next one. */
export class StoreHealth {
  readonly #clock: Clock;
  readonly #settings: StoreHealthSettings;
  readonly #failing = new Map<StoreWork, Failing>();

  constructor(clock: Clock, settings: StoreHealthSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** A kind of work fails: the store does not work, however well it does the rest. */
  get isFailing(): boolean {
    this.#forgetOld();
    return this.#failing.size > 0;
  }

  /** A command of this kind was answered. */
  succeeded(work: StoreWork): void {
    const hadFailed = this.#failing.delete(work);
    // The renewal failed together with everything else: that says nothing about renewals.
    if (hadFailed && work === "read") this.#failing.delete("renew");
  }

  /** A command of this kind rejected. */
  failed(work: StoreWork, error: unknown): void {
    if (ANSWERS.some((code) => BeatxError.hasCode(error, code))) return this.succeeded(work);
    const now = this.#clock.monotonicMs();
    const message = error instanceof Error ? error.message : String(error);
    const known = this.#failing.get(work);
    if (!known) {
      this.#failing.set(work, { message, since: null, firstAt: now, lastAt: now });
      return;
    }
    known.lastAt = now;
    if (withoutNumbers(known.message) !== withoutNumbers(message)) known.message = message;
  }

  /** What has failed for longest; `null`: nothing fails. `now`: cluster time, epoch ms. */
  failure(now: number): StoreFailure | null {
    this.#forgetOld();
    const [first] = [...this.#failing.values()].sort((a, b) => a.firstAt - b.firstAt);
    if (!first) return null;
    // Set once: cluster time and the monotonic clock drift apart, and a report that says the same is not written again.
    first.since ??= Math.trunc(now - (this.#clock.monotonicMs() - first.firstAt));
    return { message: first.message, since: first.since };
  }

  #forgetOld(): void {
    const now = this.#clock.monotonicMs();
    const { renewalCountsMs, failureCountsMs } = this.#settings;
    for (const [work, { lastAt }] of this.#failing) {
      if (now - lastAt > (work === "renew" ? renewalCountsMs : failureCountsMs)) this.#failing.delete(work);
    }
  }
}
