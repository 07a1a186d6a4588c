/**
 * One pass of a node: take over if it has just become leader, send what is due, follow the stored schedule. Called again
 * and again by `Beat`, never twice at a time (R39).
 */

import type { Clock } from "./clock.js";
import { ClusterTime } from "./cluster-time.js";
import { type DispatchOptions, Dispatcher, type Outcome } from "./dispatch.js";
import type { Entry, ReadSchedule } from "./entry.js";
import { BeatxError } from "./errors.js";
import type { StandbyReason } from "./events.js";
import type { Leadership } from "./leadership.js";
import type { Logger } from "./logger.js";
import { clusterChange, isOutdated, type MergeInput } from "./merge.js";
import { Mirror } from "./mirror.js";
import type { Settings } from "./options.js";
import { Reporter } from "./reporter.js";
import { type DueEntry, Roster } from "./roster.js";
import type { Lease } from "./store.js";
import { takeOver, writeChanges } from "./take-over.js";

export interface SchedulerContext extends DispatchOptions {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly config: ReadonlyMap<string, Entry> | null;
  readonly readSchedule: ReadSchedule;
  readonly leadership: Leadership;
  readonly logger: Logger;
  readonly reporter: Reporter;
  readonly random: () => number;
}

/** Occurrences in one batch: as many as one script of a store takes without keeping others waiting. */
const BATCH = 500;
/** A leader learns of a changed definition within this time, hints apart. */
const FOLLOW_EVERY_MS = 1_000;
/** The wait before a step that settled nothing is tried again (I5). */
const MIN_SLEEP_MS = 20;
const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 30_000;

export class Scheduler {
  readonly roster: Roster;
  readonly #context: SchedulerContext;
  readonly #mirror: Mirror;
  readonly #dispatcher: Dispatcher;
  readonly #time: ClusterTime;
  /** The lease under which the take-over was completed. */
  #ready: Lease | null = null;
  /** This node led until the store lost its memory, and nobody has led since (R33). */
  #cursorsAreNewest = false;
  #draining = false;
  /** Monotonic ms of the next look at the stored schedule. */
  #followAt = 0;

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.roster = new Roster(context.readSchedule);
    this.#mirror = new Mirror(context.store, this.roster);
    this.#dispatcher = new Dispatcher(context);
    this.#time = new ClusterTime(context.store, context.clock);
  }

  /** A definition may have changed: the next pass looks. */
  hint(): void {
    this.#followAt = 0;
  }

  /** Leadership has ended: nothing more is sent. */
  standDown(reason: StandbyReason): void {
    // Refused while the lease was still believed: the lock vanished, so nobody else can have led up to now.
    this.#cursorsAreNewest = this.#ready !== null && reason === "refused by the store";
    this.#ready = null;
    this.#dispatcher.abort();
  }

  /** The node stops: what is being sent ends, nothing more is begun (R36). */
  drain(): void {
    this.#draining = true;
  }

  /** Somebody else leads: what this node remembers of the cursors is old. */
  sawLeader(): void {
    this.#cursorsAreNewest = false;
  }

  /** Answers how long to sleep, in ms. Never rejects. */
  async pass(): Promise<number> {
    const { leadership, settings, reporter } = this.#context;
    try {
      // A suspended machine: a renewal sent now decides whether the lease still stands (R5).
      if (leadership.isLeader && !leadership.trustedLease()) await leadership.step();
      const lease = leadership.trustedLease();
      const settled = lease ? await this.#lead(lease) : 0;
      await this.#follow();
      reporter.works("store");
      return this.#sleepMs(settled > 0);
    } catch (error) {
      if (BeatxError.hasCode(error, "LOCK_LOST")) leadership.stepDown("a write came under an old lease");
      else reporter.failed(Reporter.peerOf(error), error);
      return Math.min(RETRY_FIRST_MS, settings.maxLoopIntervalMs);
    }
  }

  async #lead(lease: Lease): Promise<number> {
    await this.#time.sync(this.#context.settings.renewEveryMs);
    if (this.#ready !== lease) await this.#takeOver(lease);
    const settled = await this.#sendDue(lease);
    this.#context.leadership.noteProgress();
    return settled;
  }

  async #takeOver(lease: Lease): Promise<void> {
    const { store, reporter, logger } = this.#context;
    this.#dispatcher.begin();
    await this.#probeOutbox();
    const input = this.#mergeInput();
    const cursorsAreNewest = this.#cursorsAreNewest;
    const { restored } = await takeOver(lease, { ...input, store, mirror: this.#mirror, cursorsAreNewest });
    if (restored !== null) reporter.stateLost(restored, cursorsAreNewest);
    reporter.brokenEntries(this.roster);
    if (input.config && isOutdated(input)) {
      logger.warn(
        { configVersion: input.configVersion },
        "a newer configuration version is stored: this node's was not merged",
      );
    }
    this.#ready = lease;
    this.#cursorsAreNewest = false;
    logger.info({ fence: lease.fence, entries: this.roster.entries.size, delivery: input.delivery }, "dispatching");
  }

  #mergeInput(): MergeInput {
    const { config, settings } = this.#context;
    const { configVersion, lockTtlMs } = settings;
    return {
      roster: this.roster,
      config,
      configVersion,
      lockTtlMs,
      delivery: this.#dispatcher.delivery,
      now: Math.trunc(this.#time.now()),
    };
  }

  /** Sends all that is due; answers how many entries were settled. */
  async #sendDue(lease: Lease): Promise<number> {
    const { leadership, settings } = this.#context;
    let settled = 0;
    while (!this.#draining && leadership.trustedLease(this.#dispatcher.trustNeededMs) === lease) {
      const due = this.roster.takeDue(this.#time.now(), BATCH);
      if (due.length === 0) break;
      const progress = await this.#sendBatch(lease, due);
      if (progress === 0) break;
      settled += progress;
      leadership.noteProgress();
      await this.#time.sync(settings.renewEveryMs);
    }
    return settled;
  }

  /** Answers how many entries were settled. */
  async #sendBatch(lease: Lease, due: readonly DueEntry[]): Promise<number> {
    const waiting = new Set(due);
    try {
      await this.#probeOutbox();
      const outcomes = await this.#dispatcher.dispatch(lease, due, this.#time.now());
      outcomes.forEach((outcome, index) => {
        waiting.delete(due[index]!);
        this.#conclude(due[index]!, outcome, lease);
      });
      await this.#removeSentRuns(lease, due, outcomes);
      return outcomes.filter(({ kind }) => kind === "settled").length;
    } finally {
      for (const { planned } of waiting) this.roster.putBack(planned);
    }
  }

  #conclude(entry: DueEntry, outcome: Outcome, lease: Lease): void {
    const { reporter } = this.#context;
    const { planned } = entry;
    const now = this.#time.now();
    switch (outcome.kind) {
      case "settled":
        planned.failures = 0;
        this.roster.putBack(planned);
        if (outcome.message) reporter.works("publisher");
        return reporter.settled(entry, outcome.message, lease, now - (outcome.message?.scheduledAt ?? now));
      case "replan":
        if (outcome.reload) this.hint();
        return this.roster.putBack(planned, now + MIN_SLEEP_MS);
      case "failed":
        reporter.failed(Reporter.peerOf(outcome.error), outcome.error);
        return this.roster.putBack(planned, now + this.#backoffMs(planned.failures++));
    }
  }

  /** Runs asked for by hand are over once they were sent. */
  async #removeSentRuns(lease: Lease, due: readonly DueEntry[], outcomes: readonly Outcome[]): Promise<void> {
    const changes = due.flatMap(({ planned: { name, definition, revision } }, index) => {
      const over = definition.kind === "run" && outcomes[index]!.kind === "settled";
      return over ? [{ name, definition: null, expectedRevision: revision }] : [];
    });
    await writeChanges(lease, { store: this.#context.store, roster: this.roster }, changes);
  }

  /** Finds out, once a term, whether message and cursor can land in one step; a broker that is down is asked again. */
  async #probeOutbox(): Promise<void> {
    if (this.#dispatcher.isProbed) return;
    try {
      await this.#dispatcher.probeOutbox();
    } catch (error) {
      return this.#context.reporter.failed(Reporter.peerOf(error), error);
    }
    const lease = this.#ready;
    const change = lease && clusterChange(this.#mergeInput());
    if (change) await writeChanges(lease, { store: this.#context.store, roster: this.roster }, [change]);
  }

  async #follow(): Promise<void> {
    const { leadership, clock, settings, reporter } = this.#context;
    if (clock.monotonicMs() < this.#followAt) return;
    const everyMs = leadership.isLeader ? FOLLOW_EVERY_MS : settings.standbyPollMs;
    this.#followAt = clock.monotonicMs() + Math.min(everyMs, settings.maxLoopIntervalMs);
    const isFirst = !this.#mirror.isLoaded;
    const changes = await this.#mirror.follow();
    if (!changes) return;
    reporter.brokenEntries(this.roster);
    if (!isFirst) reporter.changed(changes);
  }

  #sleepMs(settledSome: boolean): number {
    const { clock, leadership, settings } = this.#context;
    const untilFollow = Math.max(0, this.#followAt - clock.monotonicMs());
    const dispatching = this.#ready !== null && leadership.trustedLease() === this.#ready;
    const untilDue = dispatching ? this.roster.nextDueAt - this.#time.now() : Infinity;
    const next = untilDue > 0 || settledSome ? Math.max(untilDue, 0) : MIN_SLEEP_MS;
    return Math.ceil(Math.min(settings.maxLoopIntervalMs, untilFollow, next));
  }

  #backoffMs(failures: number): number {
    const longest = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** failures);
    return longest * (0.5 + 0.5 * this.#context.random());
  }
}
