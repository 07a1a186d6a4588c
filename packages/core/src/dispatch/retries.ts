/** When failed attempts are made again (R26). */

import type { Clock } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import type { Decision } from "../timetable/due.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";
import { type Attempt, hasMoved } from "./attempt.js";

/** What made an attempt fail: a server, for everything that needs it, or the entry itself. */
export type Cause = "store" | "publisher" | "entry";

export interface Failure {
  readonly entry: LiveEntry;
  /** What was attempted. */
  readonly decision: Decision;
  readonly error: unknown;
  readonly cause: Cause;
}

export interface RetriesContext {
  readonly timetable: Timetable;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Occurrences in one batch. A store's script handles this many without delaying other clients. */
const BATCH = 500;
/** Entries in one batch while store or broker is out. */
const PROBE = 10;
/** The wait between two batches while the broker is out. */
const PAUSE_MS = 100;
/** While the broker is out, entries that failed probe it this often. */
const PROBE_FIRST_MS = 250;
const PROBE_LONGEST_MS = 1_000;
/** The wait of an entry that fails on its own account. */
const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 30_000;
/** The wait after a failure of the store. */
const STORE_RETRY_MS = 250;

/** The failures of one entry since it last got through. */
interface Failing {
  /** Those on its own account. */
  readonly ownFailures: number;
  /** The number of the batch of its latest failure. */
  readonly lastFailedBatch: number;
}

/**
 * Tells apart the failures of the broker, of the store and of single entries, and holds back what failed. Made once per
 * term, so a new term starts without any back-off.
 */
export class Retries {
  readonly #context: RetriesContext;
  /** By the rule in memory: a new definition starts afresh. */
  readonly #failing = new WeakMap<LiveEntry["rule"], Failing>();
  /** Entries that wait for the broker; the next to probe it comes first. */
  readonly #waiting = new Set<LiveEntry>();
  #batch = 0;
  /** The number of the latest batch of which a message got through. */
  #lastGoodBatch = 0;
  /** The same, for entries that had not failed. The success of one that had shows only that the broker was back. */
  #lastFaultlessBatch = 0;
  /** The broker's outage, and the store's. */
  #isOut = false;
  #isStoreOut = false;
  #failedProbes = 0;
  /** Monotonic ms. */
  #nextBatchAt = 0;
  #nextProbeAt = 0;

  constructor(context: RetriesContext) {
    this.#context = context;
  }

  /** Maximum number of entries in the next batch; 0: no batch may begin yet. */
  get limit(): number {
    if (this.#context.clock.monotonicMs() < this.#nextBatchAt) return 0;
    return this.#isOut || this.#isStoreOut ? PROBE : BATCH;
  }

  /** How long the next attempt has to wait, in ms. `untilDue`: the time until the next entry of the queue is due. */
  msUntilAttempt(untilDue: number): number {
    const now = this.#context.clock.monotonicMs();
    const untilProbe = this.#waiting.size === 0 ? Infinity : this.#nextProbeAt - now;
    return Math.max(Math.min(untilDue, untilProbe), this.#nextBatchAt - now);
  }

  /** Returns waiting entries to the queue: a batch of them if the broker works; otherwise a few, as a probe. */
  releaseWaiting(): void {
    const { clock, timetable } = this.#context;
    if (clock.monotonicMs() < this.#nextProbeAt) return;
    let left = this.#isOut ? PROBE : BATCH;
    for (const entry of this.#waiting) {
      if (left-- === 0) return;
      this.#waiting.delete(entry);
      // One that came back by itself, since it is to be given up (R54) or was edited, may be under way.
      if (!entry.inFlight) timetable.putBack(entry);
    }
  }

  /** Notes the outcomes of a batch, and returns its failures with their causes. */
  judge(attempts: readonly Attempt[]): readonly Failure[] {
    this.#batch += 1;
    for (const attempt of attempts) if (gotThrough(attempt)) this.#noteSuccess(attempt.entry);
    const failed = attempts.flatMap(({ entry, decision, outcome }) => {
      return outcome.kind === "failed" ? [{ entry, decision, error: outcome.error }] : [];
    });
    const haveAllFailed = failed.every(({ entry }) => this.#ownFailures(entry) > 0);
    const failures = failed.map((each) => ({ ...each, cause: this.#causeOf(each.entry, each.error, haveAllFailed) }));
    const now = this.#context.clock.monotonicMs();
    if (failures.some(({ cause }) => cause === "publisher")) this.#noteOutage(now);
    this.#isStoreOut = failures.some(({ cause }) => cause === "store") && !attempts.some(hasMoved);
    if (this.#isStoreOut) this.#nextBatchAt = now + this.#jittered(STORE_RETRY_MS);
    return failures;
  }

  /** Returns a failed entry to the queue. `now`: cluster time. `latest`: it does not wait longer. Both epoch ms. */
  putBack({ entry, cause }: Failure, now: number, latest: number = Infinity): void {
    const { timetable } = this.#context;
    const ownFailures = this.#ownFailures(entry);
    if (cause === "store") return timetable.putBack(entry, now + this.#jittered(STORE_RETRY_MS));
    if (cause === "entry") {
      this.#failing.set(entry.rule, { ownFailures: ownFailures + 1, lastFailedBatch: this.#batch });
      const waitMs = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** ownFailures);
      return timetable.putBack(entry, Math.min(now + this.#jittered(waitMs), latest));
    }
    this.#failing.set(entry.rule, { ownFailures, lastFailedBatch: this.#batch });
    this.#waiting.add(entry);
    timetable.putBack(entry, latest);
  }

  #noteSuccess(entry: LiveEntry): void {
    const hadFailed = this.#failing.delete(entry.rule);
    if (!hadFailed) this.#lastFaultlessBatch = this.#batch;
    this.#waiting.delete(entry);
    this.#lastGoodBatch = this.#batch;
    this.#isOut = false;
    this.#failedProbes = 0;
    this.#nextBatchAt = 0;
    this.#nextProbeAt = 0;
  }

  #noteOutage(now: number): void {
    this.#isOut = true;
    this.#nextBatchAt = now + PAUSE_MS;
    if (now < this.#nextProbeAt) return;
    this.#nextProbeAt = now + this.#jittered(Math.min(PROBE_LONGEST_MS, PROBE_FIRST_MS * 2 ** this.#failedProbes));
    this.#failedProbes += 1;
  }

  /** An entry is at fault if others got through in the same batch, or one without failures did since it last failed. */
  #causeOf(entry: LiveEntry, error: unknown, haveAllFailed: boolean): Cause {
    if (BeatxError.hasCode(error, "STORE")) return "store";
    if (isLasting(error)) return "entry";
    // No outage of the broker is known, and each that failed now has failed on its own account before.
    if (haveAllFailed && !this.#isOut) return "entry";
    const lastFailed = this.#failing.get(entry.rule)?.lastFailedBatch ?? Infinity;
    return this.#lastGoodBatch === this.#batch || this.#lastFaultlessBatch > lastFailed ? "entry" : "publisher";
  }

  #ownFailures(entry: LiveEntry): number {
    return this.#failing.get(entry.rule)?.ownFailures ?? 0;
  }

  #jittered(ms: number): number {
    return ms * (0.5 + 0.5 * this.#context.random());
  }
}

/** A message was sent. */
export function gotThrough({ outcome, messages }: Attempt): boolean {
  return outcome.kind === "done" && messages.length > 0;
}

/** No server is out: the error stays until an entry or the configuration is edited. */
export function isLasting(error: unknown): boolean {
  return (["VALUE_TOO_LARGE", "BAD_ENTRY", "CONFIG"] as const).some((code) => BeatxError.hasCode(error, code));
}
