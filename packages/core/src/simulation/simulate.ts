/**
 * Shows what a schedule will do: the real timetable on a clock that jumps from one due moment to the next. No store, no
 * publisher, no waiting.
 */

import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { guarded } from "../base/json.js";
import { readFields } from "../base/known-fields.js";
import { checkShapes } from "../base/option-shapes.js";
import { readConfigEntries } from "../entry/configuration.js";
import { encodeDefinition } from "../entry/definition.js";
import type { EntryInput, InstantInput } from "../entry/entry.js";
import type { RuleType } from "../schedule/index.js";
import { parseInstant } from "../schedule/instant.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { cursorAfter } from "../timetable/next-cursor.js";
import { newEntry } from "../timetable/reconcile.js";
import { startOf } from "../timetable/start.js";
import { Timetable } from "../timetable/timetable.js";
import { readBack } from "./read-back.js";
import { describeDecision, type SimulatedRun } from "./simulated-run.js";

export interface SimulateOptions {
  /** The schedule takes effect at this moment: what is due then is sent. */
  readonly from: InstantInput;
  /** The simulation ends before this moment. */
  readonly to: InstantInput;
  /** Zone of rules that name none. Default `"UTC"`. */
  readonly timezone?: string;
  /** Times in which nothing can be sent: no leader, no store, no broker. Missed occurrences are handled at the end of each. */
  readonly outages?: readonly Outage[];
  /** Names of the entries to simulate. Default: all. */
  readonly entries?: readonly string[];
  /** Schedule types beside the built-in ones, for rules given as JSON. */
  readonly scheduleTypes?: readonly RuleType[];
}

/** Nothing is sent while `from <= moment < to`. */
export interface Outage {
  readonly from: InstantInput;
  readonly to: InstantInput;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The size of a leader's batch. */
const BATCH = 500;

/**
 * Lists every occurrence that `schedule` sends, catches up on or skips, in the order of time. Every instant is accounted
 * for: sent, caught up on, or counted in a `skipped` run.
 * @throws ConfigError for a wrong entry or option; it names the field.
 */
export function simulate(schedule: Readonly<Record<string, EntryInput>>, given: SimulateOptions): SimulatedRun[] {
  const options = readOptions(given);
  const { from, to } = readSpan("", options);
  const outages = readOutages(options.outages ?? []);
  const timetable = timetableOf(schedule, options, from);
  const runs: SimulatedRun[] = [];
  for (
    let now = afterOutages(timetable.nextDueAt, outages, from);
    now < to;
    now = afterOutages(timetable.nextDueAt, outages, now)
  ) {
    const { due } = timetable.takeDue(now, BATCH);
    for (const each of due) {
      runs.push(...describeDecision(each, now));
      each.entry.cursor = cursorAfter(each.entry.cursor, each.decision, { fence: 1, now });
    }
    for (const { entry } of due) timetable.putBack(entry);
  }
  return runs;
}

/** The first moment at or after `dueAt` and `now` that lies in no outage. `outages`: ascending. */
function afterOutages(dueAt: number, outages: readonly Span[], now: number): number {
  let moment = Math.max(dueAt, now);
  for (const outage of outages) if (moment >= outage.from && moment < outage.to) moment = outage.to;
  return moment;
}

function timetableOf(schedule: unknown, options: SimulateOptions, from: number): Timetable {
  const parseRule = readBack(ruleParser(options.timezone ?? "UTC", options.scheduleTypes));
  const entries = readConfigEntries({ schedule }, parseRule);
  if (entries === null) throw new ConfigError("schedule is missing: expected entries by name", { field: "schedule" });
  const timetable = new Timetable(parseRule);
  for (const name of options.entries ?? entries.keys()) {
    const entry = entries.get(name);
    if (entry === undefined) {
      const hint = `the schedule has ${[...entries.keys()].join(", ")}`;
      throw new ConfigError(`entries: there is no entry ${describe(name)} (${hint})`, { field: "entries" });
    }
    const definition = encodeDefinition(newEntry(entry, startOf(name, entry, null, from - 1).effectiveFrom));
    timetable.apply({ name, definition, revision: "1", cursor: null }, true);
  }
  return timetable;
}

const KNOWN_OPTIONS = ["from", "to", "timezone", "outages", "entries", "scheduleTypes"] as const;

function readOptions(given: SimulateOptions): SimulateOptions {
  const options = readFields("the options of simulate", given, KNOWN_OPTIONS);
  checkShapes({ scheduleTypes: options.scheduleTypes });
  for (const field of ["outages", "entries"] as const) {
    const value: unknown = options[field] ?? [];
    if (!guarded(field, () => Array.isArray(value))) {
      throw new ConfigError(`${field} is ${describe(value)}: expected an array`, { field });
    }
  }
  return options;
}

function readOutages(outages: readonly Outage[]): Span[] {
  // `Array.from` shows the holes of a sparse array.
  const spans = Array.from(outages, (outage, index) =>
    readSpan(`outages[${index}].`, readFields(`outages[${index}]`, outage, ["from", "to"], `outages[${index}].`)),
  );
  return spans.sort((a, b) => a.from - b.from);
}

function readSpan(path: string, span: Outage): Span {
  const [from, to] = [parseInstant(`${path}from`, span.from), parseInstant(`${path}to`, span.to)];
  if (from < to) return { from, to };
  const shown = new Date(to).toISOString();
  throw new ConfigError(`${path}to ${shown} must be later than ${path}from`, { field: `${path}to` });
}
