/** Takes what is due out of the timetable, batch by batch, has it dispatched, and gives each entry back (R19, R26). */

import type { DefinitionChange, Lease } from "../contract/store.js";
import { encodeDefinition } from "../entry/definition.js";
import type { Leadership } from "../lease/leadership.js";
import { Reporter } from "../report/reporter.js";
import type { ClusterTime } from "../store/cluster-time.js";
import { writeChanges } from "../sync/write-changes.js";
import type { DueEntry } from "../timetable/live-entry.js";
import { isDone, type LiveEntry } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";
import type { Outcome } from "./attempt.js";
import { Delivery, type DispatchOptions } from "./delivery.js";

export interface SenderContext extends DispatchOptions {
  readonly leadership: Leadership;
  readonly reporter: Reporter;
  readonly random: () => number;
}

/** Occurrences in one batch: as many as one script of a store takes without keeping others waiting. */
const BATCH = 500;
/** The wait before a step that settled nothing is tried again (I5). */
export const MIN_SLEEP_MS = 20;
const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 30_000;

export class Dispatcher {
  readonly #context: SenderContext;
  readonly #timetable: Timetable;
  readonly #time: ClusterTime;
  readonly #dispatcher: Delivery;
  /** Called when the stored definition of an entry turns out to be another one. */
  readonly #onStale: () => void;
  #draining = false;

  constructor(context: SenderContext, timetable: Timetable, time: ClusterTime, onStale: () => void) {
    this.#context = context;
    this.#timetable = timetable;
    this.#time = time;
    this.#dispatcher = new Delivery(context);
    this.#onStale = onStale;
  }

  /** What is promised of each delivery, for people. */
  get delivery(): string {
    return this.#dispatcher.delivery;
  }

  /** A new term begins. */
  begin(): void {
    this.#dispatcher.begin();
  }

  /** The term is over: nothing more is sent. */
  abort(): void {
    this.#dispatcher.abort();
  }

  /** The node stops: what is being sent ends, nothing more is begun (R36). */
  drain(): void {
    this.#draining = true;
  }

  /** Finds out, once a term, whether message and cursor can land in one step; a broker that is down is asked again. */
  async probe(): Promise<void> {
    if (this.#dispatcher.isProbed) return;
    try {
      await this.#dispatcher.probeOutbox();
    } catch (error) {
      this.#context.reporter.failed(Reporter.peerOf(error), error);
    }
  }

  /**
   * Sends what is due, until all is sent or `until` (monotonic ms), so that a leader that is behind still follows the stored
   * schedule; answers how many entries were settled. @throws LockLostError, StoreError
   */
  async sendDue(lease: Lease, until: number): Promise<number> {
    const { leadership, reporter } = this.#context;
    let settled = 0;
    while (!this.#draining && leadership.trustedLease(this.#dispatcher.trustNeededMs) === lease) {
      const due = this.#timetable.takeDue(this.#time.now(), BATCH);
      if (due.length === 0) break;
      const progress = await this.#sendBatch(lease, due);
      if (progress === 0) break;
      settled += progress;
      leadership.noteProgress();
      await this.#time.sync();
      if (this.#context.clock.monotonicMs() >= until) break;
    }
    reporter.logMissed();
    return settled;
  }

  /** Answers how many entries were settled. */
  async #sendBatch(lease: Lease, due: readonly DueEntry[]): Promise<number> {
    const waiting = new Set(due);
    try {
      // What keeps the answer away is told as the failure of each entry.
      if (!this.#dispatcher.isProbed) await this.#dispatcher.probeOutbox().catch(() => undefined);
      const outcomes = await this.#dispatcher.dispatch(lease, due, this.#time.now());
      outcomes.forEach((outcome, index) => {
        waiting.delete(due[index]!);
        this.#conclude(due[index]!, outcome, lease);
      });
      this.#reportFailures(due, outcomes);
      await this.#removeDone(lease, due, outcomes);
      return outcomes.filter(({ kind }) => kind === "settled" || kind === "uncertain").length;
    } finally {
      for (const { entry } of waiting) this.#timetable.putBack(entry);
    }
  }

  #conclude({ entry }: DueEntry, outcome: Outcome, lease: Lease): void {
    const { reporter } = this.#context;
    const now = this.#time.now();
    switch (outcome.kind) {
      case "settled":
        entry.failures = 0;
        this.#timetable.putBack(entry);
        if (outcome.message) reporter.works("publisher");
        return reporter.done(
          { entry, decision: outcome.decision },
          outcome.message,
          lease,
          now - (outcome.message?.scheduledAt ?? now),
        );
      case "uncertain":
        entry.failures = 0;
        this.#timetable.putBack(entry);
        return reporter.uncertain(outcome.message, outcome.error);
      case "replan":
        if (outcome.reload) this.#onStale();
        return this.#timetable.putBack(entry, now + MIN_SLEEP_MS);
      case "failed":
        return this.#timetable.putBack(entry, now + this.#backoffMs(entry.failures++));
    }
  }

  /** When nothing of a batch got through, the peer is at fault; else each entry for itself. */
  #reportFailures(due: readonly DueEntry[], outcomes: readonly Outcome[]): void {
    const { reporter } = this.#context;
    const failed = outcomes.flatMap((outcome, index) => (outcome.kind === "failed" ? [{ ...outcome, index }] : []));
    const [first] = failed;
    // One that fails again, while others have gone out since, fails for a reason of its own.
    const isAlone =
      outcomes.length === 1 && due[0]!.entry.failures > 1 && !reporter.isOut(Reporter.peerOf(first?.error));
    if (first && !isAlone && failed.length === outcomes.length) {
      return reporter.failed(Reporter.peerOf(failed[0]!.error), failed[0]!.error);
    }
    for (const { error, index } of failed) reporter.entryFailed(due[index]!.entry.name, error);
  }

  /** Runs asked for by hand are over once they were sent; entries that never run again, when they say so. */
  async #removeDone(lease: Lease, due: readonly DueEntry[], outcomes: readonly Outcome[]): Promise<void> {
    const changes = due.flatMap(({ entry }, index): DefinitionChange[] => {
      const { kind } = outcomes[index]!;
      if ((kind !== "settled" && kind !== "uncertain") || !wasLastRun(entry)) return [];
      const definition = entry.definition.kind === "run" ? null : this.#removed();
      return [{ name: entry.name, definition, expectedRevision: entry.revision }];
    });
    await writeChanges(lease, { store: this.#context.store, timetable: this.#timetable }, changes);
  }

  #removed(): string {
    return encodeDefinition({ kind: "removed", removedAt: Math.trunc(this.#time.now()) });
  }

  #backoffMs(failures: number): number {
    const longest = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** failures);
    return longest * (0.5 + 0.5 * this.#context.random());
  }
}

function wasLastRun(entry: LiveEntry): boolean {
  return entry.definition.kind === "run" || isDone(entry);
}
