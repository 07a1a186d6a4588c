import { BeatxError } from "../base/errors.js";
import { inSlices } from "../base/slices.js";
import type { DefinitionChange } from "../contract/store.js";
import { encodeDefinition } from "../entry/definition.js";
import { describeAhead, type EntriesAhead, findAhead } from "../timetable/clock-ahead.js";
import type { Timetable } from "../timetable/timetable.js";
import { TRIES } from "./apply-edits.js";
import { type Connection, timeOf } from "./connection.js";
import { lookUp, restartEdit } from "./edit.js";
import { readEverything } from "./read-entries.js";

/** Entries that are written at once. */
const BATCH = 200;

/**
 * Resets all entries that are ahead of the clock, in rounds: a leader may move a cursor, or a client edit an entry,
 * between the reading and the write. Answers their names.
 * @throws BeatxError `CONFLICT` if some are ahead again after `rounds`
 */
export async function resetAhead(connection: Connection, rounds: number = TRIES): Promise<string[]> {
  const reset = new Set<string>();
  for (let round = 0; ; round++) {
    const timetable = await readEverything(connection);
    const now = await timeOf(connection);
    const ahead = await inSlices(connection.clock, findAhead(timetable.entries.values(), now));
    if (ahead.names.length === 0) return [...reset].sort();
    if (round === rounds) throw stillAhead(ahead);
    for (let start = 0; start < ahead.names.length; start += BATCH) {
      const names = ahead.names.slice(start, start + BATCH);
      for (const name of await write(connection, timetable, names, now)) reset.add(name);
    }
  }
}

/** Answers the names that were written; the others have changed in between. */
async function write(
  { store }: Connection,
  timetable: Timetable,
  names: readonly string[],
  now: number,
): Promise<string[]> {
  const changes = names.map((name): DefinitionChange => {
    const definition = encodeDefinition(restartEdit(lookUp(timetable, name, now))!);
    return { name, definition, expectedRevision: timetable.revisionOf(name) };
  });
  const results = await store.setSchedule(changes);
  return names.filter((_, index) => results[index]?.status === "done");
}

function stillAhead(ahead: EntriesAhead): BeatxError {
  const advice = "some entries are ahead again: correct the clock of the leader's machine first";
  return new BeatxError("CONFLICT", [advice, ...describeAhead(ahead)].join(". Now "));
}
