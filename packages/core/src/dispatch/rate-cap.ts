import type { Clock } from "../base/clock.js";
import { PublishError } from "../base/errors.js";
import type { DueEntry } from "../timetable/live-entry.js";
import type { Attempt } from "./attempt.js";
import { isLasting } from "./retries.js";

/** Messages that are being sent, or were sent so recently that they still count. */
interface Counted {
  count: number;
  /** Monotonic ms; `Infinity`: their outcome is not known yet. */
  until: number;
}

/**
 * Lets at most `maxPerSecond` messages begin in any second; of a fraction, one in any `1 / maxPerSecond` seconds (R53). A message
 * counts from before it is sent until a second after its outcome is known: so the queue never gets more within a second, however
 * long each is under way. Made once per term. It begins with nothing to give, because the leader before may have given all.
 */
export class RateCap {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #windowMs: number;
  /** The oldest first; those under way are anywhere. */
  #counted: Counted[] = [];
  #sum = 0;
  /** Epoch ms since when entries that are due wait for the cap; `null`: none does. */
  #holdsSince: number | null = null;

  /** `maxPerSecond`: a whole number, or one below 1; `null`: no limit. */
  constructor(maxPerSecond: number | null, clock: Clock) {
    this.#clock = clock;
    this.#most = maxPerSecond === null ? Infinity : Math.max(1, maxPerSecond);
    this.#windowMs = 1_000 / Math.min(1, maxPerSecond ?? 1);
    if (maxPerSecond !== null) this.settle(this.begin(this.#most), this.#most);
  }

  /** Number of messages that may begin now. */
  get free(): number {
    if (this.#sum > 0) this.#forget();
    return this.#most - this.#sum;
  }

  /** How long the next message has to wait, in ms. Call it when none is under way. */
  get msUntilFree(): number {
    if (this.free > 0) return 0;
    return Math.max(0, Math.min(...this.#counted.map(({ until }) => until)) - this.#clock.monotonicMs());
  }

  /** Since when entries that are due wait for the cap, epoch ms; `null`: none does. */
  get holdsSince(): number | null {
    return this.#holdsSince;
  }

  /** `count` messages begin. Call `settle` when their outcome is known. */
  begin(count: number): object {
    const counted = { count, until: Infinity };
    if (this.#most < Infinity && count > 0) {
      this.#counted.push(counted);
      this.#sum += count;
    }
    return counted;
  }

  /** `sent`: how many of the messages are in the queue, or may be. */
  settle(begun: object, sent: number): void {
    const counted = begun as Counted;
    if (counted.count === 0 || this.#most === Infinity) return;
    this.#sum -= counted.count - sent;
    counted.count = sent;
    if (sent === 0) this.#counted.splice(this.#counted.indexOf(counted), 1);
    counted.until = this.#clock.monotonicMs() + this.#windowMs;
  }

  /** Notes, after all was sent that may be, whether entries are due. `now`: cluster time, epoch ms. */
  noteDue(areDue: boolean, now: number): void {
    if (!areDue) this.#holdsSince = null;
    else if (this.free < 1) this.#holdsSince ??= Math.trunc(now);
  }

  #forget(): void {
    const now = this.#clock.monotonicMs();
    const left = this.#counted.filter(({ until }) => until > now);
    if (left.length === this.#counted.length) return;
    this.#counted = left;
    this.#sum = left.reduce((sum, { count }) => sum + count, 0);
  }
}

/** Number of messages that a batch sends, or more: a claim that is made again sends what it had claimed (R25). */
export function messagesOf(due: readonly DueEntry[]): number {
  return due.reduce((sum, { entry, decision }) => {
    return sum + Math.max(decision.send.length, entry.unsentClaim?.send.length ?? 0);
  }, 0);
}

/** Number of messages of a batch that are in the queue, or may be. */
export function sentOf(attempts: readonly Attempt[]): number {
  return attempts.reduce((sum, attempt) => sum + (maySent(attempt) ? attempt.messages.length : 0), 0);
}

function maySent({ outcome, isPublished }: Attempt): boolean {
  if (outcome.kind === "again") return isPublished;
  return outcome.kind !== "failed" || !(PublishError.isNotSent(outcome.error) || isLasting(outcome.error));
}
