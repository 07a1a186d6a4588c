/** Writes edits, each by compare-and-set on what was read under its name. */

import { BeatxError, StoreError } from "../base/errors.js";
import { Slices } from "../base/slices.js";
import type { ChangeResult, DefinitionChange } from "../contract/store.js";
import { encodeDefinition } from "../entry/definition.js";
import { checkValueSize } from "../store/value-size.js";
import type { Timetable } from "../timetable/timetable.js";
import { type Connection, timeOf } from "./connection.js";
import { conflict, type Edit, lookUp } from "./edit.js";
import { readNames } from "./read-entries.js";

/** If another edit comes in, this one is tried again, at most this many times in all. */
export const TRIES = 5;

/** At most this many names, and about this many characters, are written at once: in one round trip. */
const BATCH_NAMES = 2_000;
const BATCH_CHARACTERS = 1_000_000;

/** An edit of the entry of one name. */
export interface NamedEdit {
  readonly name: string;
  readonly edit: Edit;
}

/** Makes one edit, and answers what is stored then under its name. @throws BeatxError as the edit does; `CONFLICT`, StoreError */
export async function applyEdit(connection: Connection, name: string, edit: Edit): Promise<Timetable> {
  const { timetable, failed } = await applyBatch(connection, [{ name, edit }]);
  const error = failed.get(name);
  if (error) throw error;
  return timetable;
}

/**
 * Makes many edits, of different names, in few round trips. Answers those that failed, each with its reason: one failure
 * keeps no other name from being edited. When the store has failed, nothing more is sent.
 */
export async function applyEdits(
  connection: Connection,
  edits: readonly NamedEdit[],
): Promise<ReadonlyMap<string, BeatxError>> {
  const failed = new Map<string, BeatxError>();
  let failure: BeatxError | null = null;
  for (let start = 0; start < edits.length; start += BATCH_NAMES) {
    const batch = edits.slice(start, start + BATCH_NAMES);
    if (failure) for (const { name } of batch) failed.set(name, notSent(failure));
    else {
      const outcome = await applyBatch(connection, batch).catch((error: unknown) => ({ failed: forAll(batch, error) }));
      for (const [name, error] of outcome.failed) failed.set(name, error);
      failure = [...outcome.failed.values()].find((error) => endsAll(error)) ?? null;
    }
  }
  return failed;
}

/** The errors that concern the store and not a name. */
function endsAll(error: BeatxError): boolean {
  return BeatxError.hasCode(error, "STORE") || BeatxError.hasCode(error, "CLOSED");
}

function forAll(batch: readonly NamedEdit[], error: unknown): Map<string, BeatxError> {
  if (!BeatxError.isInstance(error)) throw error;
  return new Map(batch.map(({ name }) => [name, error]));
}

function notSent(cause: BeatxError): BeatxError {
  const message = `not sent, because the store had failed before: ${cause.message}`;
  return new StoreError(message, { cause });
}

interface BatchOutcome {
  /** What is stored under the names of the batch, as far as its results show. */
  readonly timetable: Timetable;
  readonly failed: Map<string, BeatxError>;
}

/** Reads the names, and writes what the edits make of them; those that met another edit again. @throws StoreError */
async function applyBatch(connection: Connection, edits: readonly NamedEdit[]): Promise<BatchOutcome> {
  const failed = new Map<string, BeatxError>();
  const names = edits.map(({ name }) => name);
  const [timetable, readAt] = await Promise.all([readNames(connection, names), timeOf(connection)]);
  let open = edits;
  for (let [tries, now] = [0, readAt]; open.length > 0 && tries < TRIES; tries++) {
    if (tries > 0) now = await timeOf(connection);
    const outcome: BatchOutcome = { timetable, failed };
    const changes = await makeChanges(connection, open, outcome, now);
    const met = await writeChanges(connection, changes, outcome);
    open = open.filter(({ name }) => met.has(name));
  }
  for (const { name } of open) failed.set(name, conflict(name));
  return { timetable, failed };
}

/** The changes that the edits make; those that are refused are noted. */
async function makeChanges(
  { store, clock }: Connection,
  edits: readonly NamedEdit[],
  { timetable, failed }: BatchOutcome,
  now: number,
): Promise<DefinitionChange[]> {
  const changes: DefinitionChange[] = [];
  const slices = new Slices(clock);
  for (const { name, edit } of edits) {
    try {
      const stored = lookUp(timetable, name, now);
      const edited = edit(stored);
      if (edited !== null && edited === stored.live?.definition) continue; // It changes nothing.
      const definition = edited && encodeDefinition(edited);
      checkValueSize(store.name, name, definition ?? "", store.capabilities.maxValueBytes);
      changes.push({ name, definition, expectedRevision: timetable.revisionOf(name) });
    } catch (error) {
      if (!BeatxError.isInstance(error)) throw error;
      failed.set(name, error);
    }
    if (slices.isOver) await slices.next();
  }
  return changes;
}

/** Answers the names that another edit has changed meanwhile. If the store fails, the names of that write are noted. */
async function writeChanges(
  { store }: Connection,
  changes: readonly DefinitionChange[],
  { timetable, failed }: BatchOutcome,
): Promise<ReadonlySet<string>> {
  const met = new Set<string>();
  let failure: BeatxError | null = null;
  for (const part of inParts(changes)) {
    if (failure) for (const { name } of part) failed.set(name, notSent(failure));
    else {
      try {
        const results = await store.setSchedule(part);
        part.forEach((change, index) => {
          adoptResult(timetable, change, results[index]!);
          if (results[index]!.status === "conflict") met.add(change.name);
        });
      } catch (error) {
        if (!BeatxError.isInstance(error)) throw error;
        failure = error;
        for (const { name } of part) failed.set(name, error);
      }
    }
  }
  return met;
}

/** Parts that are written within the deadline of one command. */
function* inParts(changes: readonly DefinitionChange[]): Generator<readonly DefinitionChange[]> {
  let [part, size]: [DefinitionChange[], number] = [[], 0];
  for (const change of changes) {
    part.push(change);
    size += change.definition?.length ?? 0;
    if (size < BATCH_CHARACTERS) continue;
    yield part;
    [part, size] = [[], 0];
  }
  if (part.length > 0) yield part;
}

/** Takes what a write has left in the store into memory: its own definition, or the one that it met. */
function adoptResult(timetable: Timetable, { name, definition }: DefinitionChange, result: ChangeResult): void {
  const cursor = timetable.cursorText(name);
  const written = result.status === "done" ? { name, definition, revision: result.revision, cursor } : result.entry;
  timetable.apply(written ?? { name, definition: null, revision: "", cursor: null }, true);
}
