import { inSlices } from "../base/slices.js";
import type { PublisherState } from "../entry/leader-report.js";
import { findAhead } from "../timetable/clock-ahead.js";
import { refusedConfiguration } from "../timetable/foreign-configuration.js";
import { describeOverridden, findOverridden } from "../timetable/overridden-entries.js";
import { upcoming } from "../timetable/upcoming.js";
import type { BeatStatus } from "./beat-status.js";
import type { Connection } from "./connection.js";
import { runsOf } from "./entry-view.js";
import {
  currentReport,
  dueEntries,
  problemsIn,
  problemsOfRun,
  type StatusFacts,
  type StatusProblem,
} from "./problems.js";

/**
 * The status of a schedule that was just loaded (R42). `next`: how many entries to list with their next run. @throws
 * StoreError
 */
export async function readStatus(connection: Connection, next: number): Promise<BeatStatus> {
  const { store, timetable, clock } = connection;
  const facts = await readFacts(connection);
  const { leader, report, storeWarnings } = facts;
  const { delivery, configVersion, app, error } = timetable.cluster;
  const edited = await inSlices(clock, findOverridden(timetable.entries.values()));
  const views = [...timetable.entries.values()].filter(({ definition }) => definition.kind === "entry");
  return {
    problems: problemsIn(facts),
    store: store.name,
    leader,
    publisher: publisherState(facts),
    failing: report?.failing ?? [],
    delivery,
    entries: views.length,
    app,
    configVersion,
    removed: [...timetable.removed].map(([name, { cursor }]) => ({ name, runs: runsOf(name, cursor) })),
    broken: [...timetable.broken].map(([name, broken]) => ({ name, message: broken.error.message })),
    next: await inSlices(clock, upcoming(views, next, { onceEach: true })),
    warnings: [
      ...(error ? [error.message] : []),
      ...(report?.warnings ?? []),
      ...describeOverridden(edited),
      ...storeWarnings,
    ],
  };
}

/** Whether a run that was just requested is sent now. */
export interface RunOutlook {
  /** What keeps it from being sent now; empty: nothing that is known. */
  readonly problems: readonly StatusProblem[];
  /** How the leader's publisher is; `null`: no node leads, or the leader has not sent anything yet. */
  readonly publisher: PublisherState | null;
}

/** What is known of a run of the entry, as of the last reading. @throws StoreError */
export async function readOutlook(connection: Connection, entry: string): Promise<RunOutlook> {
  const facts = await readFacts(connection);
  return { problems: problemsOfRun(facts, entry), publisher: publisherState(facts) };
}

/** That the publisher worked says nothing while the store fails: nothing gets through. */
function publisherState({ report, storeRefusal }: StatusFacts): PublisherState | null {
  if (!report) return null;
  const { publisher, store } = report;
  const isStale = publisher.state === "works" && (store !== null || storeRefusal !== null);
  return isStale ? { name: publisher.name, state: "unknown", since: null, message: null } : publisher;
}

async function readFacts({
  store,
  timetable,
  clock,
  own,
}: Connection): Promise<StatusFacts & { readonly storeWarnings: readonly string[] }> {
  const leader = await store.readLock();
  const storeTime = await store.getTime();
  const now = Math.trunc(storeTime ?? clock.now());
  const [storeWarnings, storeRefusal] = await store.warnings().then(
    (warnings) => [warnings, null] as const,
    (error: Error) => [[], error] as const,
  );
  return {
    leader,
    foreign: refusedConfiguration(timetable, own),
    timetable,
    storeWarnings,
    storeRefusal,
    report: currentReport(timetable, leader),
    due: await inSlices(clock, dueEntries(timetable, now)),
    ahead: await inSlices(clock, findAhead(timetable.entries.values(), now)),
    now,
    hasClock: storeTime !== undefined,
  };
}
