import type { ScheduleTypes } from "../discovery/schedule-types.js";
import type { Timetable, TimetableChange } from "../timetable/timetable.js";

/**
 * Reads broken entries again if their schedule type was unknown and its package is now found. Answers how each changed. An
 * entry may need several types, of which each reading names one.
 */
export async function readNewTypes(
  timetable: Timetable,
  types: ScheduleTypes,
  takeCursors: boolean,
): Promise<readonly (readonly [name: string, change: TimetableChange])[]> {
  const changes = new Map<string, TimetableChange>();
  const tried = new Set<string>();
  for (let missing = missingTypes(timetable, tried); missing.size > 0; missing = missingTypes(timetable, tried)) {
    await types.loadMissing(missing);
    for (const type of missing) tried.add(type);
    const readable = [...timetable.broken].filter(([, { missingType: type }]) => type !== undefined && types.has(type));
    for (const [name, { stored }] of readable) {
      timetable.drop(name);
      changes.set(name, timetable.apply(stored, takeCursors));
    }
  }
  return [...changes];
}

function missingTypes(timetable: Timetable, tried: ReadonlySet<string>): Set<string> {
  const missing = new Set<string>();
  for (const { missingType: type } of timetable.broken.values()) {
    if (type !== undefined && !tried.has(type)) missing.add(type);
  }
  return missing;
}
