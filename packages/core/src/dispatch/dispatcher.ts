/** Takes due entries from the timetable in batches, sends them, and puts each entry back (R19, R26). */

import type { Clock } from "../base/clock.js";
import type { DefinitionChange } from "../contract/store.js";
import { encodeDefinition } from "../entry/definition.js";
import type { Term } from "../lease/term.js";
import { Reporter } from "../report/reporter.js";
import type { ClusterTime } from "../store/cluster-time.js";
import type { ScheduleWriter } from "../sync/schedule-writer.js";
import { type DueEntry, shouldBeRemoved, type LiveEntry } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";
import { type Attempt, hasMoved } from "./attempt.js";
import type { Delivery } from "./delivery.js";

export interface DispatcherContext {
  readonly timetable: Timetable;
  readonly time: ClusterTime;
  readonly clock: Clock;
  readonly writer: ScheduleWriter;
  readonly reporter: Reporter;
  readonly random: () => number;
  /** Aborted when the node stops: the batch that is being sent ends, and no other one begins (R36). */
  readonly stopping: AbortSignal;
  /** Called when the stored definition of an entry differs from the one in memory. */
  readonly onStale: () => void;
}

/** Occurrences in one batch. A store's script handles this many without delaying other clients. */
const BATCH = 500;
/** The wait before an attempt that moved no cursor is repeated (I5). */
export const MIN_SLEEP_MS = 20;
const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 30_000;

/** Made once per term. */
export class Dispatcher {
  readonly #term: Term;
  readonly #delivery: Delivery;
  readonly #context: DispatcherContext;

  constructor(term: Term, delivery: Delivery, context: DispatcherContext) {
    this.#term = term;
    this.#delivery = delivery;
    this.#context = context;
  }

  /**
   * Sends due entries until none is left or `until` (monotonic ms) has passed: a leader that has fallen behind still
   * follows the stored schedule. Returns the number of moved cursors. @throws LockLostError, StoreError
   */
  async sendDue(until: () => number): Promise<number> {
    const { timetable, time, clock, reporter, stopping } = this.#context;
    let moved = 0;
    while (!stopping.aborted && this.#term.isTrusted(this.#delivery.trustNeededMs)) {
      const due = timetable.takeDue(time.now(), BATCH);
      if (due.length === 0) break;
      const progress = await this.#sendBatch(due);
      if (progress === 0) break;
      moved += progress;
      this.#term.noteProgress();
      await time.sync();
      if (clock.monotonicMs() >= until()) break;
    }
    reporter.logMissed();
    return moved;
  }

  async #sendBatch(due: readonly DueEntry[]): Promise<number> {
    const { timetable, time } = this.#context;
    const waiting = new Set(due.map(({ entry }) => entry));
    try {
      const attempts = await this.#delivery.send(due, () => time.now());
      for (const attempt of attempts) {
        waiting.delete(attempt.entry);
        this.#conclude(attempt);
      }
      this.#reportFailures(attempts);
      const moved = attempts.filter(hasMoved);
      this.#context.reporter.batch(attempts.length, moved.length);
      await this.#removeDone(moved);
      return moved.length;
    } finally {
      for (const entry of waiting) timetable.putBack(entry);
    }
  }

  #conclude(attempt: Attempt): void {
    const { entry, message, outcome } = attempt;
    const { timetable, reporter } = this.#context;
    const now = this.#context.time.now();
    switch (outcome.kind) {
      case "done":
        entry.failures = 0;
        timetable.putBack(entry);
        if (message) reporter.works("publisher");
        return reporter.done(attempt, message, this.#term.lease.fence, now - (message?.scheduledAt ?? now));
      case "uncertain":
        entry.failures = 0;
        timetable.putBack(entry);
        return reporter.uncertain(message!, outcome.error);
      case "again":
        if (outcome.reload) this.#context.onStale();
        return timetable.putBack(entry, now + MIN_SLEEP_MS);
      case "failed":
        return timetable.putBack(entry, now + this.#backoffMs(entry.failures++));
    }
  }

  /** A batch that fails as a whole is reported once, as a failure of the store or publisher; otherwise each entry is. */
  #reportFailures(attempts: readonly Attempt[]): void {
    const { reporter } = this.#context;
    const failed = attempts.flatMap(({ entry, outcome }) => {
      return outcome.kind === "failed" ? [{ entry, error: outcome.error }] : [];
    });
    const [first] = failed;
    if (!first) return;
    const peer = Reporter.peerOf(first.error);
    // It failed before, and the server works for other entries: the entry is at fault.
    const isAlone = attempts.length === 1 && first.entry.failures > 1 && !reporter.isOut(peer);
    if (!isAlone && failed.length === attempts.length) return reporter.failed(peer, first.error);
    for (const { entry, error } of failed) reporter.entryFailed(entry.name, error);
  }

  /** Removes requested runs that were sent, and done entries with `whenDone: "remove"`. */
  async #removeDone(moved: readonly Attempt[]): Promise<void> {
    const changes = moved.flatMap(({ entry }): DefinitionChange[] => {
      if (!wasLastRun(entry)) return [];
      const definition = entry.definition.kind === "run" ? null : this.#tombstone();
      return [{ name: entry.name, definition, expectedRevision: entry.revision }];
    });
    await this.#context.writer.write(changes);
  }

  #tombstone(): string {
    return encodeDefinition({ kind: "removed", removedAt: Math.trunc(this.#context.time.now()) });
  }

  #backoffMs(failures: number): number {
    const longest = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** failures);
    return longest * (0.5 + 0.5 * this.#context.random());
  }
}

function wasLastRun(entry: LiveEntry): boolean {
  return entry.definition.kind === "run" || shouldBeRemoved(entry);
}
