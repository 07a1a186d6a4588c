/** Pauses entries, one or many, and lets them go on. */

import { describe } from "../base/describe.js";
import { type BeatxError, ConfigError } from "../base/errors.js";
import { readFields, refuseUnknownFields } from "../base/known-fields.js";
import type { InstantInput } from "../entry/entry.js";
import { LONGEST_BY, LONGEST_NOTE } from "../entry/pause.js";
import { parseInstant } from "../schedule/instant.js";
import { applyEdits } from "./apply-edits.js";
import type { EditCondition } from "./client.js";
import { type Connection, timeOf } from "./connection.js";
import { asEntry, type Edit, ifRevisionIs, readIfRevision, resumeEdit } from "./edit.js";
import type { EditResult } from "./edit-many.js";
import { editOne } from "./edit-one.js";
import type { EntryView } from "./entry-view.js";
import { type EntrySelector, readSelector, selectNames } from "./select-entries.js";

/** What a pause says, and when it ends. */
export interface PauseOptions {
  /** Why, for people: at most 500 characters. */
  readonly note?: string | null;
  /** The pause ends by itself at this moment, as if `resume` were called then. Default: it ends with `resume`. */
  readonly until?: InstantInput | null;
  /** Who pauses, for people: at most 200 characters. Default: `by` of the client's options. */
  readonly by?: string | null;
}

/** A pause as it was asked for. */
interface Wanted {
  readonly note: string | null;
  readonly by: string | null;
  readonly until: number | null;
}

export async function pauseOne(
  connection: Connection,
  name: string,
  options: PauseOptions & EditCondition,
): Promise<EntryView> {
  const wanted = readPause(options, connection.by, ["ifRevision"]);
  return editOne(connection, name, ifRevisionIs(readIfRevision(options), pauseEdit(wanted)));
}

export async function pauseMany(
  connection: Connection,
  which: EntrySelector,
  options: PauseOptions,
): Promise<EditResult[]> {
  const wanted = readPause(options, connection.by);
  const selector = readSelector(which);
  if (wanted.until !== null) requireFuture(wanted.until, await timeOf(connection));
  return editMany(connection, selector, pauseEdit(wanted));
}

export async function resumeOne(connection: Connection, name: string, condition: EditCondition): Promise<EntryView> {
  return editOne(connection, name, ifRevisionIs(readIfRevision(condition), resumeEdit));
}

export async function resumeMany(
  connection: Connection,
  which: EntrySelector,
  options: object = {},
): Promise<EditResult[]> {
  refuseUnknownFields("the options of resume for many entries", options, []);
  return editMany(connection, readSelector(which), resumeEdit);
}

async function editMany(connection: Connection, selector: EntrySelector, edit: Edit): Promise<EditResult[]> {
  const names = await selectNames(connection, selector);
  const failed: ReadonlyMap<string, BeatxError> = await applyEdits(
    connection,
    names.map((name) => ({ name, edit })),
  );
  return names.map((name) => ({ name, error: failed.get(name) ?? null }));
}

function pauseEdit({ note, by, until }: Wanted): Edit {
  return (stored) => {
    const definition = asEntry(stored);
    if (until !== null) requireFuture(until, stored.now);
    return { ...definition, paused: true, pause: { note, by, at: stored.now, until } };
  };
}

/** `others`: fields that are read elsewhere. @throws ConfigError that names the field, the value and what is expected */
function readPause(given: PauseOptions, defaultBy: string | null, others: readonly string[] = []): Wanted {
  const known = ["note", "until", "by"] as const;
  const options = readFields("the options of pause", given, known);
  refuseUnknownFields("the options of pause", given, [...known, ...others]);
  const { until = null } = options;
  return {
    note: readText("note", options.note, LONGEST_NOTE),
    by: readText("by", options.by === undefined ? defaultBy : options.by, LONGEST_BY),
    until: until === null ? null : parseInstant("until", until),
  };
}

function readText(field: string, value: unknown, longest: number): string | null {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "string" && value.length <= longest) return value;
  throw new ConfigError(`${field} is ${describe(value)}: expected a text of at most ${longest} characters`, { field });
}

/** @throws ConfigError for an end of a pause that is not later than `now` (cluster time, epoch ms). */
function requireFuture(until: number, now: number): void {
  if (until > now) return;
  const [end, moment] = [until, now].map((at) => new Date(at).toISOString());
  const wayOut = "give a later one, or call resume to end a pause now";
  throw new ConfigError(`until ${end} lies in the past: it is ${moment}. So ${wayOut}`, { field: "until" });
}
