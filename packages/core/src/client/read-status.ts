import { CLUSTER_RECORD, RUN_PREFIX } from "../entry/definition.js";
import { HOLD_RECORD } from "../entry/hold-record.js";
import { LEADER_REPORT, type PublisherState } from "../entry/leader-report.js";
import { refusedConfiguration } from "../timetable/foreign-configuration.js";
import { describeOverridden } from "../timetable/overridden-entries.js";
import type { Timetable } from "../timetable/timetable.js";
import type { BeatStatus } from "./beat-status.js";
import type { Connection } from "./connection.js";
import { lookUp, type StoredName } from "./edit.js";
import { currentReport, problemsIn, problemsOfRun, type StatusFacts, type StatusProblem } from "./problems.js";
import { readInParts, readNames, timetableOf } from "./read-entries.js";
import { Survey } from "./survey.js";

/**
 * The status of the stored schedule (R42): it reads everything, since each entry may have a problem, and keeps a part of it
 * at a time. `next`: how many entries to list with their next run. @throws StoreError
 */
export async function readStatus(connection: Connection, next: number): Promise<BeatStatus> {
  const { store, own } = connection;
  const records = await readNames(connection, [CLUSTER_RECORD, LEADER_REPORT, HOLD_RECORD]);
  const state = await readState(connection, records);
  const survey = await surveyAll(connection, state.now, next);
  const foreign = refusedConfiguration({ ...survey.configured, cluster: records.cluster }, own);
  const facts = { ...state, ...factsOf(survey), foreign };
  const { leader, report, storeWarnings } = state;
  const { delivery, configVersion, error } = records.cluster;
  return {
    problems: problemsIn(facts),
    store: store.name,
    leader,
    publisher: publisherState(facts),
    deadLetter: report?.deadLetter ?? null,
    givenUp: survey.givenUp.count,
    givenUpOf: survey.givenUp.names,
    rateCap: report?.rateCap ?? null,
    failing: report?.failing ?? [],
    delivery,
    entries: survey.entries,
    apps: survey.apps,
    configVersion,
    paused: survey.paused.first,
    pausedCount: survey.paused.count,
    removed: survey.removed,
    broken: survey.broken,
    next: survey.upcoming,
    warnings: [
      ...(error ? [error.message] : []),
      ...(report?.warnings ?? []),
      ...describeOverridden(survey.overridden),
      ...storeWarnings,
    ],
  };
}

/** `now`: cluster time at the beginning, epoch ms. Parts that are read later are judged by a later time. */
async function surveyAll(connection: Connection, now: number, next: number): Promise<Survey> {
  const { clock, own } = connection;
  const survey = new Survey(clock, own, next);
  const startedAt = clock.monotonicMs();
  for await (const part of readInParts(connection)) {
    await survey.add(part, Math.trunc(now + clock.monotonicMs() - startedAt));
  }
  return survey;
}

function factsOf({ broken, due, ahead }: Survey): Pick<StatusFacts, "broken" | "due" | "ahead"> {
  return { broken, due, ahead };
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
  const { store, clock, own } = connection;
  const [records, runs] = await Promise.all([
    store.getEntries([...new Set([name, CLUSTER_RECORD, LEADER_REPORT, HOLD_RECORD])]),
    store.listEntries({ prefix: RUN_PREFIX, limit: RUNS_READ }),
  ]);
  const waiting = runs.entries.filter((run) => run.name !== name);
  const timetable = await timetableOf(connection, [...records, ...waiting]);
  const state = await readState(connection, timetable);
  const survey = new Survey(clock, own, 0);
  await survey.add(timetable, state.now);
  const facts = { ...state, ...factsOf(survey), foreign: null };
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

/** What is known without the entries. */
type State = Omit<StatusFacts, "foreign" | "broken" | "due" | "ahead"> & { readonly storeWarnings: readonly string[] };

/** `records`: holds the cluster record, the leader's report and a hold. */
async function readState({ store, clock }: Connection, records: Timetable): Promise<State> {
  const leader = await store.readLock();
  const storeTime = await store.getTime();
  const [storeWarnings, storeRefusal] = await store.warnings().then(
    (warnings) => [warnings, null] as const,
    (error: Error) => [[], error] as const,
  );
  return {
    leader,
    cluster: records.cluster,
    hold: records.records.hold,
    storeWarnings,
    storeRefusal,
    report: currentReport(records, leader),
    now: Math.trunc(storeTime ?? clock.now()),
    hasClock: storeTime !== undefined,
  };
}
