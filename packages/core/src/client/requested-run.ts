import { quoteName } from "../base/describe.js";
import { BeatxError } from "../base/errors.js";
import { randomId } from "../base/ids.js";
import type { JsonObject } from "../base/json.js";
import type { DefinitionChange } from "../contract/store.js";
import { encodeDefinition, RUN_PREFIX } from "../entry/definition.js";
import type { Timetable } from "../timetable/timetable.js";
import { adoptResult, type Connection } from "./connection.js";

/** The fields of an entry that hold for a requested run: the task, not the policies. */
const FIELDS_OF_A_RUN = ["task", "args", "kwargs", "options", "expiresMs"];

/** The record of a requested run, which the leader sends and removes. `id`: of its message; `at`: epoch ms. */
export function requestRun(of: string, entry: JsonObject, at: number): DefinitionChange & { readonly id: string } {
  const id = randomId();
  const fields = Object.entries(entry).filter(([field]) => FIELDS_OF_A_RUN.includes(field));
  const once = { ...Object.fromEntries(fields), schedule: { type: "clocked", at: new Date(at).toISOString() } };
  const definition = encodeDefinition({ kind: "run", of, id, requestedAt: at, entry: once });
  return { id, name: `${RUN_PREFIX}${id}`, definition, expectedRevision: null };
}

/**
 * Removes the requested runs of an entry that are not sent yet, and answers their number. The leader may send one, or a
 * client request another, between the reading and the write: then it looks again. @throws BeatxError `CONFLICT` if some
 * have changed again after `rounds`; StoreError
 */
export async function removeRequestedRuns(connection: Connection, of: string, rounds: number): Promise<number> {
  const { store, follower, timetable } = connection;
  let removed = 0;
  for (let round = 0; round < rounds; round++) {
    await follower.follow();
    const changes = [...runsOf(timetable, of)];
    if (changes.length === 0) return removed;
    const results = await store.setSchedule(changes);
    results.forEach((result, index) => adoptResult(timetable, changes[index]!, result));
    removed += results.filter(({ status }) => status === "done").length;
  }
  const message = `${quoteName(of)} is removed, but new runs of it were requested again and again: remove it once more`;
  throw new BeatxError("CONFLICT", message);
}

function* runsOf({ entries }: Timetable, of: string): Generator<DefinitionChange> {
  for (const { name, revision, definition } of entries.values()) {
    if (definition.kind !== "run" || definition.of !== of) continue;
    yield { name, definition: null, expectedRevision: revision };
  }
}
