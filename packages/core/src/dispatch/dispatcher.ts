/** Takes due entries from the timetable in batches, sends them, and puts each entry back (R19, R26). */

import type { Clock } from "../base/clock.js";
import { Slices } from "../base/slices.js";
import type { Term } from "../lease/term.js";
import type { DeliveryHealth } from "../report/delivery-health.js";
import type { Reporter } from "../report/reporter.js";
import type { ClusterTime } from "../store/cluster-time.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { ScheduleWriter } from "../sync/schedule-writer.js";
import type { DueEntry, LiveEntry, TakenEntries } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";
import { type Attempt, hasMoved, type Outcome } from "./attempt.js";
import { BatchesInFlight } from "./batches-in-flight.js";
import { wentBack } from "./conclude.js";
import type { Delivery } from "./delivery.js";
import { FirstSends } from "./first-sends.js";
import type { GiveUps } from "./give-ups.js";
import { removeDone } from "./remove-done.js";
import { reportFailures, reportUncertain } from "./report-outcomes.js";
import { RequestedRuns } from "./requested-runs.js";
import { messagesOf, type RateCap, sentOf } from "./rate-cap.js";
import { Retries } from "./retries.js";

export interface DispatcherContext {
  readonly store: StoreWithDeadlines;
  readonly timetable: Timetable;
  readonly time: ClusterTime;
  readonly clock: Clock;
  readonly writer: ScheduleWriter;
  readonly reporter: Reporter;
  readonly health: DeliveryHealth;
  readonly rateCap: RateCap;
  readonly giveUps: GiveUps;
  readonly random: () => number;
  /** Aborted when the node stops: the batch that is being sent ends, and no other one begins (R36). */
  readonly stopping: AbortSignal;
  /** Called when the stored definition of an entry differs from the one in memory. */
  readonly onStale: () => void;
}

/** The wait before an attempt that moved no cursor is repeated (I5). */
export const MIN_SLEEP_MS = 20;

/** The wait if the definition in the store still differs after a reading. */
const STALE_RETRY_MS = 1_000;

/** Made once per term. */
export class Dispatcher {
  readonly #term: Term;
  readonly #delivery: Delivery;
  readonly #context: DispatcherContext;
  readonly #retries: Retries;
  readonly #requested: RequestedRuns;
  readonly #firstSends: FirstSends;
  /** The take-over has not read all cursors: each is read before the first message of its entry, or compared in one step. */
  checksCursors = false;
  /** The revisions at which the store answered that the definition has changed. */
  readonly #stale = new WeakMap<LiveEntry, string>();

  constructor(term: Term, delivery: Delivery, context: DispatcherContext) {
    this.#term = term;
    this.#delivery = delivery;
    this.#context = context;
    this.#retries = new Retries(context);
    this.#firstSends = new FirstSends(context.store, context.timetable, term.lease.fence);
    this.#requested = new RequestedRuns(context.timetable, (entry) => delivery.hasUnsaved(entry));
  }

  /** How long the next attempt has to wait, in ms. */
  get msUntilAttempt(): number {
    const { timetable, time, rateCap } = this.#context;
    return Math.max(this.#retries.msUntilAttempt(timetable.nextDueAt - time.now()), rateCap.msUntilFree);
  }

  /**
   * Sends due entries until none is left or `until` (monotonic ms) has passed: a leader that has fallen behind still
   * follows the stored schedule. The event loop turns between two slices of the work. Returns the number of moved cursors.
   * @throws LockLostError, StoreError
   */
  async sendDue(until: () => number): Promise<number> {
    const flight = new BatchesInFlight(this.#delivery.batchesInFlight);
    try {
      let moved = await this.#sendBatches(flight, until);
      while (!flight.isEmpty) moved += await this.#endBatch(flight);
      const { timetable, time, rateCap } = this.#context;
      rateCap.noteDue(timetable.nextDueAt <= time.now(), time.now());
      return moved;
    } finally {
      await flight.settle();
    }
  }

  /** The batches that are left in flight are still to be awaited. */
  async #sendBatches(flight: BatchesInFlight, until: () => number): Promise<number> {
    const { timetable, time, clock, stopping } = this.#context;
    const slices = new Slices(clock);
    let moved = 0;
    while (!stopping.aborted && this.#term.isTrusted(this.#delivery.trustNeededMs)) {
      const taken = this.#takeDue(() => slices.isOver);
      const due = this.#context.giveUps.sort(await this.#checkCursors(taken.due));
      const hasReread = due.length < taken.due.length;
      const mayGoOn = due.length > 0 && (await flight.begin((onMayGoOn) => this.#sendBatch(due, onMayGoOn)));
      if (mayGoOn && flight.hasRoom && timetable.nextDueAt <= time.now()) {
        // This batch is on its way before the next one is made.
        await slices.next();
      } else if (!flight.isEmpty) {
        const progress = await this.#endBatch(flight);
        if (progress === 0) break;
        moved += progress;
      } else if (taken.undecided === 0 && !hasReread) break;
      if (slices.isOver) await slices.next();
      if (clock.monotonicMs() >= until()) break;
    }
    return moved;
  }

  #takeDue(isOver: () => boolean): TakenEntries {
    const { timetable, time, rateCap } = this.#context;
    this.#retries.releaseWaiting();
    const limit = Math.min(this.#retries.limit, rateCap.free);
    return timetable.takeDue(time.now(), limit, { several: this.#delivery.isOneStep, isOver });
  }

  /** Waits for the oldest batch in flight. Returns the number of cursors that it moved. */
  async #endBatch(flight: BatchesInFlight): Promise<number> {
    const progress = await flight.next();
    await this.#countRequested();
    if (progress > 0) this.#term.noteProgress();
    await this.#context.time.sync();
    return progress;
  }

  async #checkCursors(due: readonly DueEntry[]): Promise<readonly DueEntry[]> {
    if (!this.checksCursors || this.#delivery.isOneStep) return due;
    try {
      return await this.#firstSends.check(due);
    } catch (error) {
      for (const { entry } of due) this.#context.timetable.putBack(entry);
      throw error;
    }
  }

  async #sendBatch(due: readonly DueEntry[], onMayGoOn = (): void => undefined): Promise<number> {
    const { timetable, time, giveUps } = this.#context;
    const waiting = new Set(due.map(({ entry }) => entry));
    try {
      const attempts = await this.#attempt(due, onMayGoOn);
      this.#context.reporter.wentBack(attempts.filter(wentBack).length);
      const failures = this.#retries.judge(attempts);
      const now = time.now();
      for (const attempt of attempts) {
        if (attempt.outcome.kind === "failed") continue;
        waiting.delete(attempt.entry);
        this.#conclude(attempt, now);
      }
      reportUncertain(this.#context, attempts, now);
      for (const failure of failures) {
        waiting.delete(failure.entry);
        this.#retries.putBack(failure, now, giveUps.note(failure, now));
      }
      reportFailures(this.#context, failures, attempts.length, (entry) => giveUps.sinceOf(entry) ?? now);
      const moved = attempts.filter(hasMoved);
      this.#context.reporter.batch(attempts.length, moved.length);
      this.#requested.note(moved);
      await removeDone(this.#context, moved);
      return moved.length;
    } finally {
      for (const entry of waiting) timetable.putBack(entry);
    }
  }

  async #attempt(due: readonly DueEntry[], onMayGoOn: () => void): Promise<readonly Attempt[]> {
    const { time, rateCap } = this.#context;
    let sent = messagesOf(due);
    const begun = rateCap.begin(sent);
    try {
      const attempts = await this.#delivery.send(due, () => time.now(), onMayGoOn);
      sent = sentOf(attempts);
      return attempts;
    } finally {
      rateCap.settle(begun, sent);
    }
  }

  async #countRequested(): Promise<void> {
    const uncounted = this.#requested.takeUncounted(this.#context.time.now());
    if (uncounted.length > 0) await this.#sendBatch(uncounted);
  }

  /** `now`: cluster time, epoch ms. */
  #conclude(attempt: Attempt, now: number): void {
    const { entry, messages, openClaim, notTaken, outcome } = attempt;
    const { timetable, reporter, health, giveUps } = this.#context;
    if (outcome.kind === "done" || outcome.kind === "uncertain") {
      const gaveUp = giveUps.settled(attempt);
      if (gaveUp) reporter.gaveUp(gaveUp);
    }
    switch (outcome.kind) {
      case "done":
        timetable.putBack(entry);
        if (messages.length > 0) reporter.works("publisher");
        health.settled(entry.name, messages.length > 0, now);
        if (openClaim) reporter.openClaim(openClaim);
        return reporter.done(attempt, messages, now, notTaken);
      case "uncertain":
        timetable.putBack(entry);
        return reporter.uncertain(attempt, messages[0]!, outcome.error);
      case "again":
        if (outcome.waitMs !== undefined) giveUps.waits(entry);
        return timetable.putBack(entry, now + this.#waitMs(entry, outcome));
      case "failed":
        return; // The entry is put back by its cause.
    }
  }

  #waitMs(entry: LiveEntry, { reload, waitMs }: Extract<Outcome, { kind: "again" }>): number {
    if (reload) return this.#awaitDefinition(entry);
    // In step with the entry's own runs, it would ask just after each of them has begun.
    return waitMs === undefined ? MIN_SLEEP_MS : waitMs * (0.5 + 0.5 * this.#context.random());
  }

  /** The stored definition differs. Returns the wait: a longer one if the last reading did not bring it (I5). */
  #awaitDefinition(entry: LiveEntry): number {
    this.#context.onStale();
    const isRepeated = this.#stale.get(entry) === entry.revision;
    this.#stale.set(entry, entry.revision);
    return isRepeated ? STALE_RETRY_MS : MIN_SLEEP_MS;
  }
}
