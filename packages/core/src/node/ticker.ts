/**
 * One pass of a node: take over if it has just become leader, send what is due, follow the stored schedule. Called again
 * and again by `Beat`, never twice at a time (R39).
 */

import type { Settings } from "./settings.js";

import { BeatxError } from "../base/errors.js";
import type { Lease } from "../contract/store.js";
import type { ScheduleTypes } from "../discovery/schedule-types.js";
import { Dispatcher, MIN_SLEEP_MS, type SenderContext } from "../dispatch/dispatcher.js";
import type { Entry } from "../entry/entry.js";
import type { StandbyReason } from "../lease/term.js";
import type { Logger } from "../report/logger.js";
import { Reporter } from "../report/reporter.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import { ClusterTime } from "../store/cluster-time.js";
import { ScheduleFollower } from "../sync/schedule-follower.js";
import { takeOver } from "../sync/take-over.js";
import type { WriteContext } from "../sync/write-changes.js";
import { writeChanges } from "../sync/write-changes.js";
import { clusterChange, isOutdated, type MergeInput, tidyUp } from "../timetable/merge-configuration.js";
import { Timetable } from "../timetable/timetable.js";

export interface SchedulerContext extends SenderContext {
  readonly settings: Settings;
  readonly config: ReadonlyMap<string, Entry> | null;
  readonly parseRule: ParseRule;
  readonly types: ScheduleTypes;
  readonly logger: Logger;
}

/** A leader learns of a changed definition within this time, hints apart. */
const FOLLOW_EVERY_MS = 1_000;
/** A leader tidies the stored schedule up this often, and removes so many entries at most in one pass. */
const TIDY_EVERY_MS = 600_000;
const MOST_TIDIED = 1_000;
/** A cursor may be so much ahead of the clock without anybody being told. */
const CLOCK_AHEAD_MS = 5_000;
/** The wait after a pass that failed. */
const RETRY_MS = 250;

export class Scheduler {
  readonly timetable: Timetable;
  readonly #context: SchedulerContext;
  readonly #follower: ScheduleFollower;
  readonly #writing: WriteContext;
  readonly #time: ClusterTime;
  readonly #sender: Dispatcher;
  /** The lease under which the take-over was completed. */
  #ready: Lease | null = null;
  /** This node led until the store lost its memory, and nobody has led since (R33). */
  #cursorsAreNewest = false;
  /** Monotonic ms of the next look at the stored schedule. */
  #followAt = 0;
  /** Monotonic ms of the next tidying up. */
  #tidyAt = 0;

  constructor(context: SchedulerContext) {
    const { store, clock, settings } = context;
    this.#context = context;
    this.timetable = new Timetable(context.parseRule);
    const onBatch = (): void => context.leadership.noteProgress();
    this.#writing = { store, timetable: this.timetable, onBatch };
    this.#follower = new ScheduleFollower(store, this.timetable, context.types, onBatch);
    this.#time = new ClusterTime(store, clock, settings.renewEveryMs);
    this.#sender = new Dispatcher(context, this.timetable, this.#time, () => this.hint());
  }

  /** A definition may have changed: the next pass looks. */
  hint(): void {
    this.#followAt = 0;
  }

  /** Leadership has ended: nothing more is sent. `wasTrusted`: the lease was believed up to now. */
  standDown(reason: StandbyReason, wasTrusted: boolean): void {
    // Refused while the lease was still believed: the lock vanished, so nobody else can have led up to now.
    const isRefused = reason === "refused by the store" || reason === "a write came under an old lease";
    this.#cursorsAreNewest = this.#ready !== null && isRefused && wasTrusted;
    this.#ready = null;
    this.#sender.abort();
  }

  /** The node stops: what is being sent ends, nothing more is begun (R36). */
  drain(): void {
    this.#sender.drain();
  }

  /** Somebody else leads: what this node remembers of the cursors is old. */
  sawLeader(): void {
    this.#cursorsAreNewest = false;
  }

  /** Answers how long to sleep, in ms. Never rejects. */
  async pass(): Promise<number> {
    const { leadership, settings, reporter } = this.#context;
    let lease: Lease | null = null;
    try {
      // A suspended machine: a renewal sent now decides whether the lease still stands (R5).
      if (leadership.isLeader && !leadership.trustedLease()) await leadership.step();
      lease = leadership.trustedLease();
      const settled = lease ? await this.#lead(lease) : 0;
      const followed = await this.#follow();
      if (followed || settled > 0) reporter.works("store");
      return this.#sleepMs(settled > 0);
    } catch (error) {
      if (BeatxError.hasCode(error, "LOCK_LOST")) leadership.stepDown("a write came under an old lease", lease);
      else reporter.failed(Reporter.peerOf(error), error);
      return Math.min(RETRY_MS, settings.maxLoopIntervalMs);
    }
  }

  async #lead(lease: Lease): Promise<number> {
    await this.#time.sync();
    if (this.#ready !== lease) await this.#takeOver(lease);
    const settled = await this.#sender.sendDue(lease, this.#followAt);
    this.#context.reporter.brokenEntries(this.timetable);
    await this.#recordDelivery(lease);
    await this.#tidy(lease);
    this.#context.leadership.noteProgress();
    return settled;
  }

  async #takeOver(lease: Lease): Promise<void> {
    const { store, reporter, logger, config, settings } = this.#context;
    this.#sender.begin();
    await this.#sender.probe();
    const input = this.#mergeInput();
    const cursorsAreNewest = this.#cursorsAreNewest;
    const context = { ...input, ...this.#writing, follower: this.#follower, cursorsAreNewest };
    const { restored, tooLarge } = await takeOver(lease, context);
    if (restored !== null) reporter.stateLost(restored, cursorsAreNewest);
    for (const [name, error] of tooLarge) reporter.entryFailed(name, error);
    reporter.brokenEntries(this.timetable);
    reporter.warnings([
      ...(await store.warnings()),
      ...warnClockAhead(this.timetable, input.now),
      ...(config && isOutdated(input)
        ? [`configuration version ${settings.configVersion} is older than the stored one: not merged`]
        : []),
    ]);
    this.#ready = lease;
    this.#cursorsAreNewest = false;
    const { fence } = lease;
    logger.info({ fence, entries: this.timetable.entries.size, delivery: input.delivery }, "dispatching");
  }

  /** A broker that could not be asked at the take-over has answered since: the promise is another one. */
  async #recordDelivery(lease: Lease): Promise<void> {
    const known = this.timetable.cluster?.definition.delivery;
    if (known === this.#sender.delivery) return;
    const change = clusterChange(this.#mergeInput());
    if (change) await writeChanges(lease, this.#writing, [change]);
  }

  /** Removes what could not be removed when it was done, and tombstones that are old enough (R31). */
  async #tidy(lease: Lease): Promise<void> {
    const { clock } = this.#context;
    if (clock.monotonicMs() < this.#tidyAt) return;
    const changes = [...tidyUp(this.#mergeInput())];
    await writeChanges(lease, this.#writing, changes.slice(0, MOST_TIDIED));
    if (changes.length <= MOST_TIDIED) this.#tidyAt = clock.monotonicMs() + TIDY_EVERY_MS;
  }

  #mergeInput(): MergeInput {
    const { config, settings } = this.#context;
    const { configVersion, lockTtlMs } = settings;
    const now = Math.trunc(this.#time.now());
    return { timetable: this.timetable, config, configVersion, lockTtlMs, delivery: this.#sender.delivery, now };
  }

  /** Looks at the stored schedule, if that is due; answers whether it was. */
  async #follow(): Promise<boolean> {
    const { leadership, clock, settings, reporter } = this.#context;
    if (clock.monotonicMs() < this.#followAt) return false;
    const everyMs = leadership.isLeader ? FOLLOW_EVERY_MS : settings.standbyPollMs;
    this.#followAt = clock.monotonicMs() + Math.min(everyMs, settings.maxLoopIntervalMs);
    const isFirst = !this.#follower.isLoaded;
    const changes = await this.#follower.follow();
    if (!changes) return true;
    reporter.warnings(warnTtlDiffers(this.timetable, settings.lockTtlMs));
    reporter.brokenEntries(this.timetable);
    if (!isFirst) reporter.changed(changes);
    return true;
  }

  #sleepMs(settledSome: boolean): number {
    const { clock, leadership, settings } = this.#context;
    const untilFollow = Math.max(0, this.#followAt - clock.monotonicMs());
    const dispatching = this.#ready !== null && leadership.trustedLease() === this.#ready;
    const untilDue = dispatching ? this.timetable.nextDueAt - this.#time.now() : Infinity;
    const next = untilDue > 0 || settledSome ? Math.max(untilDue, 0) : MIN_SLEEP_MS;
    return Math.ceil(Math.min(settings.maxLoopIntervalMs, untilFollow, next));
  }
}

/** Nodes that keep a lease for different times misjudge when another's has ended. */
function warnTtlDiffers(timetable: Timetable, lockTtlMs: number): string[] {
  const theirs = timetable.cluster?.definition.lockTtlMs ?? lockTtlMs;
  if (theirs === lockTtlMs) return [];
  return [`lockTtlMs is ${lockTtlMs} here and was ${theirs} on the node that led last: give all nodes the same`];
}

/** Cursors far in the future: the clock was ahead once, and what was sent then is not sent again (R17). */
function warnClockAhead(timetable: Timetable, now: number): string[] {
  let count = 0;
  let until = 0;
  for (const { cursor, rule } of timetable.entries.values()) {
    if (!cursor || cursor.at <= now + CLOCK_AHEAD_MS) continue;
    const period = (rule.schedule.next(cursor.at) ?? Infinity) - cursor.at;
    if (cursor.at - now <= period) continue;
    count++;
    until = Math.max(until, cursor.at);
  }
  const when = new Date(until).toISOString();
  return count === 0 ? [] : [`the clock was ahead when ${count} entries were sent last: they wait until ${when}`];
}
