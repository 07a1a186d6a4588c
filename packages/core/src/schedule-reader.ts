import type { ReadSchedule } from "./entry.js";
import { isSchedule, ScheduleCache, type ScheduleType } from "./schedule/index.js";
import { zoneOffsets } from "./schedule/zone-offsets.js";

/**
 * Reads schedules as users write them, in `timezone` unless they name one; equal ones become one object.
 * @throws ConfigError for a zone that does not exist.
 */
export function scheduleReader(timezone: string, types: readonly ScheduleType[] = []): ReadSchedule {
  zoneOffsets(timezone);
  const cache = new ScheduleCache({ types });
  return (input) => {
    if (!isSchedule(input)) return cache.parse(input, timezone);
    return cache.intern(input.inTimezone?.(timezone) ?? input);
  };
}
