import { BeatxError, type EntryInput, type RuleType, ScheduleTypes } from "@beatx/core";
import type { Settings } from "./settings.js";

/**
 * The schedule types and calendars that these entries need besides the built-in ones, found as a node finds them. A type that is not
 * found is omitted here; reading the rule then reports it.
 */
export async function findScheduleTypes(
  inputs: Iterable<EntryInput>,
  { options: { scheduleTypes, from } }: Settings,
): Promise<readonly RuleType[]> {
  const types = new ScheduleTypes({ given: scheduleTypes, from });
  await types.load(types.missingIn(inputs)).catch((error: unknown) => {
    if (!BeatxError.hasCode(error, "UNKNOWN_SCHEME")) throw error;
  });
  return types.known;
}
