import type { DefinitionChange } from "../contract/store.js";
import { encodeDefinition } from "../entry/definition.js";
import type { ClusterTime } from "../store/cluster-time.js";
import type { ScheduleWriter } from "../sync/schedule-writer.js";
import { hasSentAll } from "../timetable/backfill.js";
import { type LiveEntry, shouldBeRemoved } from "../timetable/live-entry.js";
import { tombstoneOfDone } from "../timetable/merge-configuration.js";
import type { Timetable } from "../timetable/timetable.js";
import type { Attempt } from "./attempt.js";

/** What is known, and where it is written. */
export interface Removing {
  readonly timetable: Timetable;
  readonly time: Pick<ClusterTime, "now">;
  readonly writer: Pick<ScheduleWriter, "write">;
}

/** Removes requested runs that were sent, and done entries with `whenDone: "remove"`. */
export async function removeDone({ timetable, time, writer }: Removing, moved: readonly Attempt[]): Promise<void> {
  const now = time.now();
  const changes = moved.flatMap(({ entry }): DefinitionChange[] => {
    if (!wasLastRun(entry, timetable, now)) return [];
    const isRun = entry.definition.kind === "run";
    const definition = isRun ? null : encodeDefinition(tombstoneOfDone(entry.definition, Math.trunc(now)));
    return [{ name: entry.name, definition, expectedRevision: entry.revision }];
  });
  await writer.write(changes);
}

/** The runs of an entry that is gone have come to their end, too. */
function wasLastRun(entry: LiveEntry, { entries, broken }: Timetable, now: number): boolean {
  const { definition } = entry;
  if (definition.kind !== "run") return shouldBeRemoved(entry, now);
  return hasSentAll(entry) || !(entries.has(definition.of) || broken.has(definition.of));
}
