import { quoteName } from "../base/describe.js";
import { BeatxError } from "../base/errors.js";
import { randomId } from "../base/ids.js";
import type { JsonObject } from "../base/json.js";
import type { DefinitionChange } from "../contract/store.js";
import { encodeDefinition, RUN_PREFIX } from "../entry/definition.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import type { Connection } from "./connection.js";
import { readPages } from "./read-entries.js";

/** The fields of an entry that hold for a requested run: the task, not the policies. */
const FIELDS_OF_A_RUN = ["task", "args", "kwargs", "options", "expiresMs", "giveUpAfterMs", "overlap"];

/** The record of a requested run, which the leader sends and removes. `id`: of its message; `at`: epoch ms. */
export function requestRun(of: string, entry: JsonObject, at: number): DefinitionChange & { readonly id: string } {
  const id = randomId();
  const once = { ...fieldsOf(entry, FIELDS_OF_A_RUN), schedule: { type: "clocked", at: new Date(at).toISOString() } };
  const definition = encodeDefinition({ kind: "run", of, id, requestedAt: at, entry: once });
  return { id, name: `${RUN_PREFIX}${id}`, definition, expectedRevision: null };
}

/** Those of the fields that the entry has. */
export function fieldsOf(entry: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([field]) => names.includes(field)));
}

/** What became of the requested runs of some entries. */
export interface RemovedRuns {
  /** The entries that had any, which are removed now. */
  readonly of: ReadonlySet<string>;
  /** The entries of which runs were requested again and again meanwhile, each with its error. */
  readonly failed: ReadonlyMap<string, BeatxError>;
}

/**
 * Removes the requested runs of some entries that are not sent yet. The leader may send one, or a client request another,
 * between the reading and the write: then it looks again, `rounds` times. Reads the records of requested runs alone, which
 * are few: the leader removes each when it has sent it. @throws StoreError
 */
export async function removeRequestedRuns(
  connection: Connection,
  entries: ReadonlySet<string>,
  rounds: number,
): Promise<RemovedRuns> {
  const of = new Set<string>();
  let left = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    left = new Set();
    for await (const { entries: runs } of readPages(connection, { prefix: RUN_PREFIX })) {
      const found = [...runs.values()].flatMap((run) => runOfOne(run, entries));
      for (const run of found) left.add(run.of);
      const changes = found.map(({ name, revision }) => ({ name, definition: null, expectedRevision: revision }));
      const results = changes.length === 0 ? [] : await connection.store.setSchedule(changes);
      found.forEach((run, index) => results[index]!.status === "done" && of.add(run.of));
    }
    if (left.size === 0) break;
  }
  return { of, failed: new Map(Array.from(left, (name) => [name, requestedAgain(name)])) };
}

function runOfOne(
  { name, revision, definition }: LiveEntry,
  entries: ReadonlySet<string>,
): { readonly name: string; readonly revision: string; readonly of: string }[] {
  return definition.kind === "run" && entries.has(definition.of) ? [{ name, revision, of: definition.of }] : [];
}

function requestedAgain(of: string): BeatxError {
  const message = `${quoteName(of)} is removed, but new runs of it were requested again and again: remove it once more`;
  return new BeatxError("CONFLICT", message);
}
