import { inSlices } from "../base/slices.js";
import { CLUSTER_RECORD, RUN_PREFIX } from "../entry/definition.js";
import { LEADER_REPORT, type PublisherState } from "../entry/leader-report.js";
import { findAhead } from "../timetable/clock-ahead.js";
import { refusedConfiguration } from "../timetable/foreign-configuration.js";
import { describeOverridden, findOverridden } from "../timetable/overridden-entries.js";
import type { Timetable } from "../timetable/timetable.js";
import { upcoming } from "../timetable/upcoming.js";
import type { BeatStatus } from "./beat-status.js";
import type { Connection } from "./connection.js";
import { lookUp, type StoredName } from "./edit.js";
import { runsOf } from "./entry-view.js";
import {
  currentReport,
  dueEntries,
  problemsIn,
  problemsOfRun,
  type StatusFacts,
  type StatusProblem,
} from "./problems.js";
import { readEverything, timetableOf } from "./read-entries.js";

/**
 * The status of the stored schedule (R42): it reads everything, since each entry may have a problem. `next`: how many entries to list with their next run. @throws
 * StoreError
 */
export async function readStatus(connection: Connection, next: number): Promise<BeatStatus> {
  const { store, clock, own } = connection;
  const timetable = await readEverything(connection);
  const facts = { ...(await readFacts(connection, timetable)), foreign: refusedConfiguration(timetable, own) };
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

/** An outlook is made from at most this many of the runs that wait. */
const RUNS_READ = 100;

/**
 * What is known of a run of the entry, as far as the entry itself, the runs that wait and the leader show it: the other
 * entries are not read. Answers the entry, too. @throws StoreError
 */
export async function readOutlook(
  connection: Connection,
  name: string,
): Promise<{ readonly outlook: RunOutlook; readonly stored: StoredName }> {
  const { store } = connection;
  const [records, runs] = await Promise.all([
    store.getEntries([...new Set([name, CLUSTER_RECORD, LEADER_REPORT])]),
    store.listEntries({ prefix: RUN_PREFIX, limit: RUNS_READ }),
  ]);
  const waiting = runs.entries.filter((run) => run.name !== name);
  const timetable = await timetableOf(connection, [...records, ...waiting]);
  const facts = { ...(await readFacts(connection, timetable)), foreign: null };
  const outlook = { problems: problemsOfRun(facts, name), publisher: publisherState(facts) };
  return { outlook, stored: lookUp(timetable, name, facts.now) };
}

/** That the publisher worked says nothing while the store fails: nothing gets through. */
function publisherState({ report, storeRefusal }: Pick<StatusFacts, "report" | "storeRefusal">): PublisherState | null {
  if (!report) return null;
  const { publisher, store } = report;
  const isStale = publisher.state === "works" && (store !== null || storeRefusal !== null);
  return isStale ? { name: publisher.name, state: "unknown", since: null, message: null } : publisher;
}

type Facts = Omit<StatusFacts, "foreign"> & { readonly storeWarnings: readonly string[] };

async function readFacts({ store, clock }: Connection, timetable: Timetable): Promise<Facts> {
  const leader = await store.readLock();
  const storeTime = await store.getTime();
  const now = Math.trunc(storeTime ?? clock.now());
  const [storeWarnings, storeRefusal] = await store.warnings().then(
    (warnings) => [warnings, null] as const,
    (error: Error) => [[], error] as const,
  );
  return {
    leader,
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
