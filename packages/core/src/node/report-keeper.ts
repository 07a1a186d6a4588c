/** Writes down what one term knows about its deliveries, for `status` (R44). */

import type { Clock } from "../base/clock.js";
import type { GiveUps } from "../dispatch/give-ups.js";
import type { Entry } from "../entry/entry.js";
import { encodeLeaderReport, LEADER_REPORT, type LeaderReport, readLeaderReport } from "../entry/leader-report.js";
import type { Term } from "../lease/term.js";
import type { DeliveryHealth } from "../report/delivery-health.js";
import type { ClusterTime } from "../store/cluster-time.js";
import type { StoreHealth } from "../store/store-health.js";
import type { ScheduleWriter } from "../sync/schedule-writer.js";
import type { Timetable } from "../timetable/timetable.js";
import type { CapWatch } from "./cap-watch.js";

/** A change is looked for, and written, at most this often, in ms. */
const LOOK_EVERY_MS = 2_000;
/**
 * New words alone are written at most this often, in ms, but the first ones at once: they may be the publisher's own,
 * which say more than the deadline that was noticed first.
 */
const REWORD_EVERY_MS = 30_000;

export interface ReportKeeperContext {
  readonly term: Term;
  readonly health: DeliveryHealth;
  readonly storeHealth: StoreHealth;
  readonly capWatch: CapWatch;
  /** `null`: there is no dead letter. */
  readonly deadLetterHealth: DeliveryHealth | null;
  readonly giveUps: Pick<GiveUps, "isRefused">;
  readonly timetable: Timetable;
  readonly writer: ScheduleWriter;
  readonly time: ClusterTime;
  readonly clock: Clock;
  readonly config: ReadonlyMap<string, Entry> | null;
}

/** Made once per term. */
export class ReportKeeper {
  readonly #context: ReportKeeperContext;
  /** The last write changed only words. */
  #hasNewWords = false;
  /** Monotonic ms of the last look, and of the last write. */
  #lookedAt = -Infinity;
  #writtenAt = -Infinity;

  constructor(context: ReportKeeperContext) {
    this.#context = context;
  }

  /** Writes the report if it has changed, or if the stored one was damaged. @throws LockLostError, StoreError */
  async keep(): Promise<void> {
    const { term, storeHealth, capWatch, timetable, writer, time, clock, ...context } = this.#context;
    const { health, deadLetterHealth, giveUps } = context;
    const at = clock.monotonicMs();
    if (at - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = at;
    health.forgetUnless((name, version) => this.#isPresent(name, version));
    deadLetterHealth?.forgetUnless((name, version) => giveUps.isRefused(version) && this.#isPresent(name, version));
    const now = time.now();
    const rateCap = await capWatch.report(now);
    const { fence } = term.lease;
    const deadLetter = deadLetterHealth?.report(fence).publisher ?? null;
    const report = { ...health.report(fence), store: storeHealth.failure(now), deadLetter, rateCap };
    const definition = encodeLeaderReport(report);
    const { text, revision, report: stored } = timetable.leaderReport;
    if (definition === text || (isBlank(report) && text === null)) return;
    const isReworded = outlineOf(stored) === outlineOf(readLeaderReport(definition));
    if (isReworded && this.#hasNewWords && at - this.#writtenAt < REWORD_EVERY_MS) return;
    this.#hasNewWords = isReworded;
    this.#writtenAt = at;
    await writer.write([{ name: LEADER_REPORT, definition, expectedRevision: revision }]);
  }

  /** Not edited since. The store may have refused an entry of the configuration: its version is what the configuration says. */
  #isPresent(name: string, version: object): boolean {
    const { timetable, config } = this.#context;
    const live = timetable.entries.get(name);
    return live ? live.rule === version : config?.get(name) === version;
  }
}

/** Nothing is known yet: no report says the same. */
function isBlank({ store, publisher, deadLetter, rateCap, warnings, failing }: LeaderReport): boolean {
  if ((deadLetter?.state ?? "unknown") !== "unknown") return false;
  return store === null && rateCap === null && publisher.state === "unknown" && warnings.length + failing.length === 0;
}

/** What the report says, without its words. */
function outlineOf(report: LeaderReport | null): string {
  if (!report) return "";
  const { fence, store, publisher, deadLetter, rateCap, failing, failingCount } = report;
  return JSON.stringify([
    fence,
    store?.since,
    publisher.state,
    publisher.since,
    deadLetter?.state,
    deadLetter?.since,
    rateCap?.since,
    rateCap?.needed,
    failing.map(({ entry }) => entry),
    failingCount,
  ]);
}
