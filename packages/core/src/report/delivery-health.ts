/**
 * What one term has learned about its publisher, from messages and from checks, and which entries could not be sent (R44).
 * `now` is cluster time, epoch ms, and only dates what is reported: ages are monotonic, because cluster time may step back.
 */

import type { Clock } from "../base/clock.js";
import { withoutNumbers } from "../base/describe.js";
import type { FailingEntry, LeaderReport } from "../entry/leader-report.js";
import { entryNameOf, type LiveEntry } from "../timetable/live-entry.js";
import { textOf } from "./entry-log.js";

/** A check tells nothing new for this long after a message got through: the message is the better evidence. In ms. */
const SENT_COUNTS_MS = 10_000;
/** A failed send counts until a message gets through; this long after the last one, a check that passes ends it, too. */
const FAILURE_COUNTS_MS = 60_000;

interface Failure {
  readonly message: string;
  /** Epoch ms of cluster time. */
  readonly since: number;
}

/** An entry or a requested run. */
export interface FailedEntry {
  /** Of the stored record. */
  readonly name: string;
  /** The entry that is to run. */
  readonly entry: string;
  /** Another object after each edit. */
  readonly version: object;
}

export function failedEntry(entry: LiveEntry): FailedEntry {
  return { name: entry.name, entry: entryNameOf(entry), version: entry.rule };
}

/** Made once per term. */
export class DeliveryHealth {
  readonly #publisher: string;
  readonly #clock: Clock;
  #failedSend: Failure | null = null;
  #failedCheck: Failure | null = null;
  /** Since when it works; `null`: it does not, or nothing is known. */
  #worksSince: number | null = null;
  /** Monotonic ms of the last message that got through, and of the last one that did not. */
  #gotThroughAt = -Infinity;
  #sendFailedAt = -Infinity;
  #warnings: readonly string[] = [];
  /** The entries that wait for the publisher since a send failed, each with its version. */
  readonly #unsent = new Map<string, object>();
  readonly #failing = new Map<string, FailingEntry & { readonly version: object }>();

  /** `publisher`: its name. */
  constructor(publisher: string, clock: Clock) {
    this.#publisher = publisher;
    this.#clock = clock;
  }

  /** The publisher does not take messages, as far as is known. */
  get isFailing(): boolean {
    return (this.#failedSend ?? this.#failedCheck) !== null;
  }

  /** A message was not sent, or not confirmed, and the publisher is to blame. */
  sendFailed({ name, version }: FailedEntry, error: unknown, now: number): void {
    this.#unsent.set(name, version);
    this.#failedSend = again(this.#failedSend, error, now);
    this.#sendFailedAt = this.#clock.monotonicMs();
    this.#worksSince = null;
  }

  /** An entry could not be sent, and it is to blame itself. */
  entryFailed({ name, entry, version }: FailedEntry, error: unknown, now: number): void {
    const before = this.#failing.get(name);
    const message = sameOrNew(before?.message, error);
    this.#failing.set(name, { entry, message, since: before?.since ?? Math.trunc(now), version });
  }

  /** Nothing is owed under the name. `isSent`: a message of it got through, so the publisher works. */
  settled(name: string, isSent: boolean, now: number): void {
    this.#failing.delete(name);
    if (!isSent) return;
    if (this.#failedSend !== null) this.#endFailedSend();
    this.#failedCheck = null;
    this.#gotThroughAt = this.#clock.monotonicMs();
    this.#worksSince ??= Math.trunc(now);
  }

  /** Forgets the failures of entries that were edited, paused or removed since. */
  forgetUnless(isPresent: (name: string, version: object) => boolean): void {
    for (const [name, { version }] of this.#failing) if (!isPresent(name, version)) this.#forget(name);
    for (const [name, version] of this.#unsent) if (!isPresent(name, version)) this.#forget(name);
  }

  /** Once none of the entries is left that could not be sent, nothing says that the publisher still fails. */
  #forget(name: string): void {
    this.#failing.delete(name);
    if (this.#unsent.delete(name) && this.#unsent.size === 0) this.#endFailedSend();
  }

  #endFailedSend(): void {
    this.#failedSend = null;
    this.#unsent.clear();
  }

  /** The publisher says that it would take no message. Answers whether that counts. */
  checkFailed(error: unknown, now: number): boolean {
    if (this.#clock.monotonicMs() - this.#gotThroughAt < SENT_COUNTS_MS) return false;
    this.#failedCheck = again(this.#failedCheck, error, now);
    this.#worksSince = null;
    return true;
  }

  /** The publisher says that it would take messages. Messages that were refused just now say otherwise. */
  checkPassed(warnings: readonly string[], now: number): void {
    this.#warnings = warnings;
    this.#failedCheck = null;
    if (this.#clock.monotonicMs() - this.#sendFailedAt >= FAILURE_COUNTS_MS) this.#endFailedSend();
    if (!this.isFailing) this.#worksSince ??= Math.trunc(now);
  }

  /** The report of the term under this fence. */
  report(fence: number): Omit<LeaderReport, "store" | "deadLetter" | "rateCap"> {
    const failing = this.#failingEntries();
    return {
      fence,
      publisher: { name: this.#publisher, ...this.#state() },
      warnings: this.#warnings,
      failing,
      failingCount: failing.length,
    };
  }

  /** An entry and its requested runs count as one. */
  #failingEntries(): readonly FailingEntry[] {
    const byEntry = new Map<string, FailingEntry>();
    for (const { entry, message, since } of this.#failing.values()) {
      if (!byEntry.has(entry)) byEntry.set(entry, { entry, message, since });
    }
    return [...byEntry.values()];
  }

  #state(): Pick<LeaderReport["publisher"], "state" | "since" | "message"> {
    // The publisher's own words say more than a message that was not confirmed.
    const failures = [this.#failedCheck, this.#failedSend].filter((failure) => failure !== null);
    const [first] = failures;
    if (first) {
      const since = Math.min(...failures.map((failure) => failure.since));
      return { state: "failing", since: Math.trunc(since), message: first.message };
    }
    if (this.#worksSince !== null) return { state: "works", since: this.#worksSince, message: null };
    return { state: "unknown", since: null, message: null };
  }
}

function again(before: Failure | null, error: unknown, now: number): Failure {
  return { message: sameOrNew(before?.message, error), since: before?.since ?? now };
}

/** A message that differs from the one before only in its numbers is the same, so that the report need not be written. */
function sameOrNew(before: string | undefined, error: unknown): string {
  const message = textOf(error);
  return before !== undefined && withoutNumbers(before) === withoutNumbers(message) ? before : message;
}
