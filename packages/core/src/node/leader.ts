/**
 * The work of one term: take over, send what is due, keep the stored schedule tidy. A leader is made once per term, with
 * everything that belongs to it.
 */

import type { Clock } from "../base/clock.js";
import { quoteName } from "../base/describe.js";
import type { Delivery } from "../dispatch/delivery.js";
import type { Dispatcher } from "../dispatch/dispatcher.js";
import type { GiveUps } from "../dispatch/give-ups.js";
import { recordsPerEntry } from "../dispatch/records.js";
import type { Entry } from "../entry/entry.js";
import type { Term } from "../lease/term.js";
import type { Logger } from "../report/logger.js";
import { describeMerge } from "../report/merge-log.js";
import type { DeliveryHealth } from "../report/delivery-health.js";
import { Reporter } from "../report/reporter.js";
import type { ClusterTime } from "../store/cluster-time.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { ScheduleFollower } from "../sync/schedule-follower.js";
import type { ScheduleWriter } from "../sync/schedule-writer.js";
import { takeOver } from "../sync/take-over.js";
import type { OwnApp } from "../sync/own-app.js";
import type { WarmStandby } from "../sync/warm-standby.js";
import { clusterChange, isOutdated, type MergeInput, tidyUp } from "../timetable/merge-configuration.js";
import type { MergeStep } from "../timetable/reconcile.js";
import type { Timetable } from "../timetable/timetable.js";
import { ClockAheadWatch } from "./clock-ahead-watch.js";
import type { ConfigurationKeeper } from "./configuration-keeper.js";
import { type ObstacleContext, obstacleOf } from "./obstacle.js";
import { firstSteps } from "./first-steps.js";
import type { Settings } from "./settings.js";
import type { ReportKeeper } from "./report-keeper.js";
import type { TermEntry } from "./term-entry.js";

export interface LeaderContext {
  readonly store: StoreWithDeadlines;
  readonly timetable: Timetable;
  readonly follower: ScheduleFollower;
  readonly standby: WarmStandby;
  readonly ownApp: OwnApp;
  readonly time: ClusterTime;
  readonly clock: Clock;
  readonly writer: ScheduleWriter;
  readonly delivery: Delivery;
  readonly dispatcher: Dispatcher;
  readonly giveUps: GiveUps;
  readonly health: DeliveryHealth;
  readonly reports: ReportKeeper;
  readonly configuration: ConfigurationKeeper;
  /** Asks the publisher how its broker is, again and again until the term ends. Never rejects. */
  readonly checkHealth: () => Promise<void>;
  readonly termEntry: TermEntry;
  readonly reporter: Reporter;
  readonly logger: Logger;
  readonly config: ReadonlyMap<string, Entry> | null;
  readonly settings: Pick<Settings, "configVersion" | "app" | "replaceSchedule" | "lockTtlMs" | "historyRuns">;
  /** What decides whether this node may lead. */
  readonly obstacles: ObstacleContext;
  /** This node led until the store lost its data, and no other node has led since (R33). */
  readonly cursorsAreNewest: boolean;
  /** Called again and again during long work (R39). It throws if the node stops. */
  readonly onProgress: (work: string, done: number, total?: number) => void;
}

/** How often a leader tidies the stored schedule up. */
const TIDY_EVERY_MS = 600_000;

export class Leader {
  readonly term: Term;
  readonly #context: LeaderContext;
  readonly #clockAhead: ClockAheadWatch;
  #hasTakenOver = false;
  #hasWarned = false;
  /** This term took over before, so its own cursors count (R28). */
  #keepsCursors = false;
  /** Monotonic ms. */
  #tidyAt = 0;
  /** The rest of what is being tidied; `null`: all is done. */
  #tidying: Iterator<MergeStep, void> | null = null;

  constructor(term: Term, context: LeaderContext) {
    this.term = term;
    this.#context = context;
    this.#clockAhead = new ClockAheadWatch(context.timetable, context.clock, context.logger);
  }

  /** Begins the work that goes on beside the ticks. Called once. */
  begin(): void {
    void this.#context.checkHealth();
  }

  /** The take-over is complete: what is due is sent. */
  get hasTakenOver(): boolean {
    return this.#hasTakenOver;
  }

  /** How long the next attempt has to wait, in ms. */
  get msUntilAttempt(): number {
    return this.#context.dispatcher.msUntilAttempt;
  }

  /** No cursor is newer than the one in memory: of this term, or of the one before if this one has sent nothing yet. */
  get hasNewestCursors(): boolean {
    return this.#hasTakenOver || this.#keepsCursors || this.#context.cursorsAreNewest;
  }

  /** The store has lost the schedule, but not the lock: the next tick writes it back from memory (R33). */
  takeOverAgain(): void {
    this.#keepsCursors ||= this.#hasTakenOver;
    this.#hasTakenOver = false;
  }

  /**
   * Returns the number of moved cursors. `until`: when the stored schedule is due to be read again, monotonic ms.
   * @throws LockLostError, StoreError
   */
  async tick(until: () => number): Promise<number> {
    const { time, dispatcher, reporter, timetable, termEntry } = this.#context;
    await time.sync();
    if (!this.#hasTakenOver) await this.#takeOver();
    // While messages go out: a leader that dies in its first second has told who it was.
    void termEntry.write().catch(() => undefined);
    const moved = await dispatcher.sendDue(until);
    await this.#warnOnce();
    await this.#clockAhead.check(time.now());
    reporter.brokenEntries(timetable);
    await this.#keepClusterRecord();
    reporter.merged(await this.#context.configuration.keep(this.#mergeInput()));
    await this.#tidy();
    await this.#context.reports.keep();
    await termEntry.write();
    this.term.noteProgress();
    return moved;
  }

  async #takeOver(): Promise<void> {
    const { store, writer, follower, standby, delivery, dispatcher, timetable } = this.#context;
    const { reporter, health, logger, obstacles, onProgress, settings } = this.#context;
    const cursorsAreNewest = this.hasNewestCursors; // `#hasTakenOver` is false here.
    // A broker that is down is asked again with the first batch.
    await delivery.probe().catch((error: unknown) => this.#probeFailed(error));
    const merge = this.#mergeInput();
    standby.termBegins();
    const { restored, wentBack, tooLarge, notes, brokenRecord, isWarm } = await takeOver({
      writer,
      follower,
      store,
      merge,
      cursorsAreNewest,
      keepsCursors: this.#keepsCursors,
      mayLoseCursors: delivery.mayLoseCursors,
      plan: standby.plan,
      obstacle: () => obstacleOf(timetable, obstacles)?.explain() ?? null,
      onProgress,
    });
    dispatcher.checksCursors = isWarm;
    this.#context.giveUps.inherit(timetable.leaderReport.report);
    delivery.keepsRecords = recordsPerEntry(settings.historyRuns, timetable.entries.size);
    if (restored !== null) reporter.stateLost(restored, cursorsAreNewest, delivery.isOneStep);
    reporter.wentBack(wentBack);
    if (brokenRecord) reporter.warnings([brokenRecord.message]);
    for (const [name, error] of tooLarge) {
      reporter.entryFailed(name, error);
      health.entryFailed({ name, entry: name, version: merge.config?.get(name) ?? {} }, error, merge.now);
    }
    reporter.brokenEntries(timetable);
    for (const line of describeMerge(notes)) logger.warn({}, line);
    this.#hasTakenOver = true;
    const { fence } = this.term.lease;
    logger.info({ fence, entries: timetable.entries.size, delivery: merge.guarantee }, "dispatching");
  }

  /** The node stops, and still has the lease. */
  leave(): Promise<void> {
    return this.#context.termEntry.end();
  }

  #probeFailed(error: unknown): void {
    const { reporter, health, time } = this.#context;
    const peer = Reporter.peerOf(error);
    if (peer === "publisher") health.checkFailed(error, time.now());
    reporter.failed(peer, error);
  }

  /** A store that cannot say how it is does not keep the leader from sending. */
  async #warnOnce(): Promise<void> {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { store, reporter } = this.#context;
    reporter.warnings(warnOutdated(this.#mergeInput()));
    await store.warnings().then(
      (warnings) => reporter.warnings(warnings),
      (error: unknown) => reporter.failed("store", error),
    );
  }

  /** Corrects the cluster record if the broker answered only after the take-over, or if the record was damaged or removed. */
  async #keepClusterRecord(): Promise<void> {
    const { timetable, delivery, writer, reporter } = this.#context;
    const { revision, error, delivery: recorded } = timetable.cluster;
    if (revision !== null && !error && recorded === delivery.guarantee) return;
    if (error) reporter.warnings([error.message]);
    const change = clusterChange(this.#mergeInput());
    if (change) await writer.write([change]);
  }

  /** Removes done entries whose removal failed at first, and tombstones after their lifetime (R31). */
  async #tidy(): Promise<void> {
    const { clock, writer } = this.#context;
    if (clock.monotonicMs() < this.#tidyAt) return;
    this.#tidying ??= tidyUp(this.#mergeInput());
    const { isDone, changes } = firstSteps(this.#tidying);
    await writer.write(changes);
    if (!isDone) return;
    this.#tidying = null;
    this.#tidyAt = clock.monotonicMs() + TIDY_EVERY_MS;
  }

  #mergeInput(): MergeInput {
    return mergeInputOf(this.#context, this.#context.delivery.guarantee);
  }
}

/** What a merge of this node's configuration looks at now. */
export function mergeInputOf(
  {
    timetable,
    config,
    settings,
    time,
    ownApp,
  }: Pick<LeaderContext, "timetable" | "config" | "settings" | "time" | "ownApp">,
  guarantee: string,
): MergeInput {
  const { configVersion, app, replaceSchedule, lockTtlMs } = settings;
  const own = { configVersion, app, appRecord: ownApp.record, replaceSchedule, lockTtlMs };
  return { ...own, timetable, config, guarantee, now: Math.trunc(time.now()) };
}

/** One line if a newer configuration is stored; none if there is not. */
export function warnOutdated(merge: MergeInput): string[] {
  const { config, app, configVersion } = merge;
  if (config === null || !isOutdated(merge)) return [];
  if (app === null) return [`configuration version ${configVersion} is older than the stored one: not merged`];
  const which = configVersion === null ? "this configuration" : `configuration version ${configVersion}`;
  return [`${which} of the application ${quoteName(app)} is older than the stored one: not merged`];
}
