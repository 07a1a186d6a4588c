import type { ScheduleTypes } from "../discovery/schedule-types.js";
import type { Timetable, TimetableChange } from "../timetable/timetable.js";

/** Reads broken entries again if their schedule type was unknown and its package is now found. Answers how each changed. */
export async function readNewTypes(
  timetable: Timetable,
  types: ScheduleTypes,
  takeCursors: boolean,
): Promise<readonly (readonly [name: string, change: TimetableChange])[]> {
  const missing = new Set<string>();
  for (const { missingType } of timetable.broken.values()) if (missingType !== undefined) missing.add(missingType);
  if (missing.size === 0) return [];
  await types.loadMissing(missing);
  const found = new Set([...missing].filter((type) => types.has(type)));
  if (found.size === 0) return [];
  const readable = [...timetable.broken].filter(([, { missingType }]) => found.has(missingType ?? ""));
  return readable.map(([name, { stored }]) => {
    timetable.drop(name);
    return [name, timetable.apply(stored, takeCursors)];
  });
}
