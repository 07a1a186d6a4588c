/**
 * One tick of a node: act as the leader if there is a term, follow the stored schedule, say how long to sleep. Called
 * again and again by `Beat`, which waits for the end of each call (R39).
 */

import type { Clock } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import { MIN_SLEEP_MS } from "../dispatch/dispatcher.js";
import type { Leadership } from "../lease/leadership.js";
import type { EndReason, Term } from "../lease/term.js";
import { Reporter } from "../report/reporter.js";
import type { ClusterTime } from "../store/cluster-time.js";
import type { StoreHealth } from "../store/store-health.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { ScheduleFollower } from "../sync/schedule-follower.js";
import type { OwnApp } from "../sync/own-app.js";
import type { TermLog } from "../sync/term-log.js";
import type { WarmStandby } from "../sync/warm-standby.js";
import type { Timetable } from "../timetable/timetable.js";
import { type Leader, mergeInputOf, warnOutdated } from "./leader.js";
import { type ObstacleContext, obstacleInTerm, obstacleOf } from "./obstacle.js";
import type { Settings } from "./settings.js";

export interface TickerContext {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly leadership: Leadership;
  readonly timetable: Timetable;
  readonly follower: ScheduleFollower;
  readonly standby: WarmStandby;
  readonly ownApp: OwnApp;
  readonly termLog: TermLog;
  readonly time: ClusterTime;
  readonly reporter: Reporter;
  readonly store: Pick<StoreWithDeadlines, "takeNotices">;
  readonly storeHealth: Pick<StoreHealth, "isFailing">;
  /** What decides whether this node may lead. */
  readonly obstacles: ObstacleContext;
  /** Aborted when the node stops. */
  readonly stopping: AbortSignal;
  /** `cursorsAreNewest`: this node led until the store lost its data, and no other node has led since (R33). */
  readonly makeLeader: (term: Term, cursorsAreNewest: boolean) => Leader;
}

/** A leader learns of a changed definition within this time, even without a hint. */
const FOLLOW_EVERY_MS = 1_000;
/** The wait after a tick that failed. */
const RETRY_MS = 250;

export class Ticker {
  readonly #context: TickerContext;
  #leader: Leader | null = null;
  /** This node led until the store lost its data, and no other node has led since (R33). */
  #cursorsAreNewest = false;
  /** Monotonic ms of the next look at the stored schedule. */
  #followAt = 0;
  #hasFailed = false;
  /** Why this node must not lead, as it was last logged. */
  #obstacle: EndReason | undefined;

  constructor(context: TickerContext) {
    this.#context = context;
  }

  /** The last tick failed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** A definition may have changed: the next tick looks. */
  hint(): void {
    this.#followAt = 0;
  }

  /** A term begins. */
  lead(term: Term): void {
    this.#leader = this.#context.makeLeader(term, this.#cursorsAreNewest);
    this.#leader.begin();
  }

  /** The term has ended. `wasTrusted`: its lease could still be trusted. */
  standBy(reason: EndReason, wasTrusted: boolean): void {
    // Refused while the lease was still trusted: the lock vanished, so no other node can have led up to now.
    const isRefused = reason === "refused by the store" || reason === "a write came under an old lease";
    this.#context.standby.termEnded();
    if (this.#leader && reason !== "stopped") this.#context.termLog.lost(this.#leader.term.lease.fence, reason);
    this.#cursorsAreNewest = this.#leader?.hasNewestCursors === true && isRefused && wasTrusted;
    this.#leader = null;
  }

  /** The node stops: a leader tells the store, while it still has the lease. Never rejects. */
  async leave(): Promise<void> {
    if (this.#leader?.term.isTrusted()) await this.#leader.leave();
  }

  /** Another node leads: the cursors in this node's memory are old. */
  sawLeader(): void {
    this.#cursorsAreNewest = false;
  }

  /** Answers how long to sleep, in ms. Never rejects. */
  async tick(): Promise<number> {
    const { leadership, settings, reporter, store, storeHealth, stopping } = this.#context;
    let leader: Leader | null = null;
    try {
      // A suspended machine: a renewal sent now decides whether the lease still stands (R5).
      if (leadership.term?.isTrusted() === false) await leadership.ensureLease();
      await this.#context.ownApp.prepare();
      leader = this.#leader;
      const moved = leader?.term.isTrusted() ? await leader.tick(() => this.#followAt) : 0;
      const hasFollowed = await this.#follow();
      this.#leaveToOthers(leader);
      if ((hasFollowed || moved > 0) && !storeHealth.isFailing) reporter.works("store");
      this.#hasFailed = false;
      return this.#sleepMs(moved > 0);
    } catch (error) {
      // A stop ends a long reading or merge: no failure.
      if (stopping.aborted && BeatxError.hasCode(error, "CLOSED")) return 0;
      this.#hasFailed = true;
      if (leader && BeatxError.hasCode(error, "LOCK_LOST")) leader.term.end("a write came under an old lease");
      else if (!this.#leaveToOthers(leader)) reporter.failed(Reporter.peerOf(error), error);
      return Math.min(RETRY_MS, settings.maxLoopIntervalMs);
    } finally {
      reporter.logEntries();
      reporter.notices(store.takeNotices());
    }
  }

  /** Ends the term and says why, if this node must not lead the stored schedule; answers whether that is so. */
  #leaveToOthers(leader: Leader | null): boolean {
    const { timetable, obstacles } = this.#context;
    const obstacle = (leader?.hasTakenOver ? obstacleInTerm : obstacleOf)(timetable, obstacles);
    const isKnown = obstacle?.reason === this.#obstacle;
    this.#obstacle = obstacle?.reason;
    if (!obstacle) return false;
    if (!isKnown) this.#context.reporter.warnings([obstacle.explain().message]);
    leader?.term.end(obstacle.reason);
    return true;
  }

  /** Looks at the stored schedule if that is due; answers whether it was. */
  async #follow(): Promise<boolean> {
    const { clock, settings, follower, standby, termLog, timetable, reporter } = this.#context;
    if (clock.monotonicMs() < this.#followAt) return false;
    const everyMs = this.#leader ? FOLLOW_EVERY_MS : settings.standbyPollMs;
    this.#followAt = clock.monotonicMs() + Math.min(everyMs, settings.maxLoopIntervalMs);
    const isFirst = !follower.isLoaded;
    const changes = await (this.#leader ? follower.follow() : standby.readChanges());
    if (changes?.isLost) this.#leader?.takeOverAgain();
    if (changes) {
      reporter.warnings(warnTtlDiffers(timetable, settings.lockTtlMs));
      reporter.brokenEntries(timetable);
      if (!isFirst) reporter.changed(changes);
    }
    if (this.#leader) return true;
    await termLog.tell();
    await this.#keepReady();
    return true;
  }

  /** The work of a standby on the schedule in memory, and on the entries of its application (R29, R47). */
  async #keepReady(): Promise<void> {
    const { standby, timetable, settings, reporter, obstacles } = this.#context;
    const hasTerm = (): boolean => this.#leader !== null;
    await standby.keepReady(hasTerm);
    if (settings.app === null || hasTerm() || obstacleOf(timetable, obstacles)) return;
    const merge = mergeInputOf({ ...this.#context, config: obstacles.config }, "");
    reporter.warnings(warnOutdated(merge));
    reporter.merged(await standby.mergeOwnEntries(merge, hasTerm));
  }

  #sleepMs(someMoved: boolean): number {
    const { clock, settings } = this.#context;
    const untilFollow = Math.max(0, this.#followAt - clock.monotonicMs());
    const isDispatching = this.#leader?.hasTakenOver === true && this.#leader.term.isTrusted();
    const untilAttempt = isDispatching ? this.#leader!.msUntilAttempt : Infinity;
    const next = untilAttempt > 0 || someMoved ? Math.max(untilAttempt, 0) : MIN_SLEEP_MS;
    return Math.ceil(Math.min(settings.maxLoopIntervalMs, untilFollow, next));
  }
}

/** Nodes with different lock lifetimes misjudge when another node's lease has ended. */
function warnTtlDiffers(timetable: Timetable, lockTtlMs: number): string[] {
  const theirs = timetable.cluster.lockTtlMs ?? lockTtlMs;
  if (theirs === lockTtlMs) return [];
  return [`lockTtlMs is ${lockTtlMs} here and was ${theirs} on the node that led last: give all nodes the same`];
}
