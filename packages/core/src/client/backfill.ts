/** Requests the occurrences of past instants: the leader sends them, one after the other (R50). */

import { hash } from "node:crypto";

import { quoteName } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { inSlices } from "../base/slices.js";
import { encodeDefinition, RUN_PREFIX } from "../entry/definition.js";
import { scheduleFields } from "../schedule/exclusions.js";
import { checkValueSize } from "../store/value-size.js";
import { type BackfillPlan, planBackfill } from "../timetable/backfill-plan.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import { type BackfillOptions, checkBackfill, type CheckedBackfill } from "./backfill-options.js";
import type { Connection } from "./connection.js";
import { asEntry, checkName } from "./edit.js";
import { readKnownSendings } from "./known-sendings.js";
import { readOutlook, type RunOutlook } from "./read-status.js";
import { fieldsOf } from "./requested-run.js";

/** The answer of `Client.backfill`. */
export interface BackfillResult extends RunOutlook, Omit<BackfillPlan, "except"> {
  /** Names it in `backfills`; `null`: nothing was requested, because of `dryRun` or because there is nothing to send. */
  readonly id: string | null;
  /** `true`: it was requested before, and is still under way. */
  readonly wasRequested: boolean;
  /** How long the sending takes at least, in ms. */
  readonly durationMs: number;
}

/** The most instants that one backfill looks at. */
const MOST_INSTANTS = 100_000;

/** The fields of an entry that its past occurrences keep. They do not expire: their time is over. */
const FIELDS = ["task", "args", "kwargs", "options", "giveUpAfterMs", "overlap"];

/** The record of a backfill is named by this and its id. */
export const BACKFILL_PREFIX: string = `${RUN_PREFIX}backfill-`;

/** @throws ConfigError for wrong options; BeatxError `NOT_FOUND`, `BAD_ENTRY`; StoreError */
export async function requestBackfill(
  connection: Connection,
  name: string,
  given: BackfillOptions,
): Promise<BackfillResult> {
  const { outlook, stored } = await readOutlook(connection, checkName(name));
  const options = checkBackfill(given, stored.now);
  asEntry(stored);
  const plan = await makePlan(connection, stored.live!, options);
  const { except: _, ...counts } = plan;
  const result = { ...outlook, ...counts, durationMs: Math.max(0, plan.total - 1) * options.everyMs };
  if (options.dryRun || plan.total === 0) return { ...result, id: null, wasRequested: false };
  const id = idOf(stored.live!, plan);
  const wasRequested = !(await write(connection, id, stored.live!, plan, { ...options, requestedAt: stored.now }));
  return { ...result, id, wasRequested };
}

/** The same for the same instants. The rule is part of it: two rules may have the same first and last instant. */
function idOf({ name, rule }: LiveEntry, { first, last, except }: BackfillPlan): string {
  return hash("sha1", JSON.stringify([name, rule.schedule.toJSON(), first, last, except]));
}

async function makePlan(
  connection: Connection,
  live: LiveEntry,
  { from, to, onlyMissing }: CheckedBackfill,
): Promise<BackfillPlan> {
  const known = onlyMissing ? await readKnownSendings(connection, live) : null;
  const plan = await inSlices(connection.clock, planBackfill(live, { from, to, known, most: MOST_INSTANTS }));
  if (plan) return plan;
  const message = `${quoteName(live.name)} has more than ${MOST_INSTANTS} instants between "from" and "to": backfill it in parts`;
  throw new ConfigError(message, { field: "from" });
}

/** Answers `false` if the same backfill is under way already. */
async function write(
  { store }: Connection,
  id: string,
  { name: of, definition, rule }: LiveEntry,
  { total, first, last, except }: BackfillPlan,
  { everyMs, requestedAt }: Pick<CheckedBackfill, "everyMs"> & { readonly requestedAt: number },
): Promise<boolean> {
  const kept = definition.kind === "entry" ? fieldsOf(definition.entry, FIELDS) : {};
  const entry = { ...kept, ...scheduleFields(rule.schedule), startAt: first, endAt: last };
  const text = encodeDefinition({ kind: "run", of, id, requestedAt, entry, backfill: { everyMs, total, except } });
  checkValueSize(store.name, of, text, store.capabilities.maxValueBytes);
  const [result] = await store.setSchedule([{ name: BACKFILL_PREFIX + id, definition: text, expectedRevision: null }]);
  return result?.status === "done";
}
