import { inSlices } from "../base/slices.js";
import { findAhead } from "../timetable/clock-ahead.js";
import { refusedConfiguration } from "../timetable/foreign-configuration.js";
import { describeOverridden, findOverridden } from "../timetable/overridden-entries.js";
import { upcoming } from "../timetable/upcoming.js";
import type { BeatStatus } from "./beat-status.js";
import type { Connection } from "./connection.js";
import { runsOf } from "./entry-view.js";
import { overdueEntries, problemsIn, type StatusFacts } from "./problems.js";

/**
 * The status of a schedule that was just loaded (R42). `next`: how many entries to list with their next run. @throws
 * StoreError
 */
export async function readStatus(connection: Connection, next: number): Promise<BeatStatus> {
  const { store, timetable, clock } = connection;
  const facts = await readFacts(connection);
  const { delivery, configVersion, app, error } = timetable.cluster;
  const edited = await inSlices(clock, findOverridden(timetable.entries.values()));
  const views = [...timetable.entries.values()].filter(({ definition }) => definition.kind === "entry");
  return {
    problems: problemsIn(facts),
    store: store.name,
    leader: facts.leader,
    delivery,
    entries: views.length,
    app,
    configVersion,
    removed: [...timetable.removed].map(([name, { cursor }]) => ({ name, runs: runsOf(name, cursor) })),
    broken: [...timetable.broken].map(([name, broken]) => ({ name, message: broken.error.message })),
    next: await inSlices(clock, upcoming(views, next, { onceEach: true })),
    warnings: [...(error ? [error.message] : []), ...describeOverridden(edited), ...(await store.warnings())],
  };
}

async function readFacts({ store, timetable, clock, own }: Connection): Promise<StatusFacts> {
  const leader = await store.readLock();
  const storeTime = await store.getTime();
  const now = Math.trunc(storeTime ?? clock.now());
  return {
    leader,
    foreign: refusedConfiguration(timetable, own),
    timetable,
    overdue: await inSlices(clock, overdueEntries(timetable, now)),
    ahead: await inSlices(clock, findAhead(timetable.entries.values(), now)),
    hasClock: storeTime !== null,
  };
}
