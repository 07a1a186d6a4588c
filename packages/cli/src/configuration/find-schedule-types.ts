import { BeatxError, type EntryInput, type ScheduleType, ScheduleTypes } from "@beatx/core";
import type { Settings } from "./settings.js";

/**
 * The types of schedule that these entries need beside the built-in ones, found as a node finds them. One that is nowhere
 * is left out: whoever reads the schedule says so.
 */
export async function findScheduleTypes(
  inputs: Iterable<EntryInput>,
  { options: { scheduleTypes, from } }: Settings,
): Promise<readonly ScheduleType[]> {
  const types = new ScheduleTypes({ given: scheduleTypes, from });
  await types.load(types.missingIn(inputs)).catch((error: unknown) => {
    if (!BeatxError.hasCode(error, "UNKNOWN_SCHEME")) throw error;
  });
  return types.known;
}
