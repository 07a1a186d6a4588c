import type { Clock } from "../base/clock.js";
import { Slices } from "../base/slices.js";
import type { Entry } from "../entry/entry.js";
import type { ClusterTime } from "../store/cluster-time.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { MergeInput } from "../timetable/merge-configuration.js";
import type { MergePlan } from "../timetable/merge-plan.js";
import type { Timetable } from "../timetable/timetable.js";
import { type ApplicationMergeReport, mergeOwnEntries } from "./application-merge.js";
import { CursorFollower } from "./cursor-follower.js";
import type { FollowedChanges, ScheduleFollower } from "./schedule-follower.js";
import { ScheduleWriter, WITHOUT_LEASE } from "./schedule-writer.js";

export interface WarmStandbyContext {
  readonly store: StoreWithDeadlines;
  readonly timetable: Timetable;
  readonly follower: ScheduleFollower;
  readonly plan: MergePlan;
  /** The checked entries of the configuration; `null`: there is none. */
  readonly config: ReadonlyMap<string, Entry> | null;
  /** The name of this application; `null`: none is given. */
  readonly app: string | null;
  readonly time: ClusterTime;
  readonly clock: Clock;
}

/** Keeps the memory of a standby so current that its take-over reads only what has changed (R29). */
export class WarmStandby {
  readonly #context: WarmStandbyContext;
  readonly #cursors: CursorFollower;

  constructor(context: WarmStandbyContext) {
    this.#context = context;
    this.#cursors = new CursorFollower(context.store, context.timetable);
  }

  /** What a merge of the configuration has to look at. */
  get plan(): MergePlan {
    return this.#context.plan;
  }

  /**
   * Reads what has changed since the last reading; `null`: nothing did. After a term of its own a node reads everything once,
   * while it stands by. While the store lacks what memory has, it does so each time: a leader that begins anew writes only
   * what it knows itself. With a store that shows no older states, cursors are left to the take-over. @throws StoreError
   */
  readChanges(): Promise<FollowedChanges | null> {
    const { follower, store } = this.#context;
    const followsCursors = store.capabilities.revisionShowsOlderState === true;
    if (follower.hasLost || (followsCursors && !follower.knowsCursors)) return follower.loadAll(followsCursors);
    return follower.follow(followsCursors);
  }

  /** Reads the cursors that the leader has moved, and compares changed definitions with the configuration. @throws StoreError */
  async keepReady(hasTerm: () => boolean): Promise<void> {
    const { follower, plan, timetable, config, app, time, clock } = this.#context;
    const now = Math.trunc(time.now());
    if (follower.knowsCursors) await this.#cursors.follow(now, hasTerm);
    else if (app === null) return;
    const slices = new Slices(clock);
    for (const _ of plan.review({ timetable, config, app, now })) {
      if (slices.isOver) await slices.next();
      if (hasTerm()) return;
    }
  }

  /**
   * Writes what this application's configuration changes in the stored schedule (R47); `null`: nothing. Call it after
   * `keepReady`. @throws StoreError
   */
  mergeOwnEntries(merge: MergeInput, hasTerm: () => boolean): Promise<ApplicationMergeReport | null> {
    const { store, timetable, plan, clock } = this.#context;
    const writer = new ScheduleWriter(WITHOUT_LEASE, store, timetable, clock);
    return mergeOwnEntries({ store, writer, plan, merge, isOver: hasTerm });
  }

  /** A term begins: everything that is due has to be sent. */
  termBegins(): void {
    this.#cursors.release();
  }

  /** A term has ended: memory is only as current as that term has left it. */
  termEnded(): void {
    this.#context.follower.forgetCursors();
  }
}
