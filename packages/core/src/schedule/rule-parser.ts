import { ConfigError } from "../base/errors.js";
import { isSchedule, type Schedule, ScheduleCache, type ScheduleJson, type ScheduleType, withHash } from "./index.js";
import { zoneOffsets } from "./zone-offsets.js";

/** `entry`: the name of the entry that the schedule belongs to. */
export type ParseRule = (schedule: Schedule | ScheduleJson | string, entry: string) => Schedule;

/** Shorter ones could not be kept: a leader may send 50 ms early (R18) and sleeps 20 ms at least between two passes. */
const MIN_PERIOD_MS = 100;

/**
 * Reads schedules as users write them, in `timezone` unless they name one; equal ones become one object.
 * @throws ConfigError for a zone that does not exist; the reader: for what is no schedule, or one that no leader can keep.
 */
export function ruleParser(timezone: string, types: readonly ScheduleType[] = []): ParseRule {
  zoneOffsets(timezone);
  const cache = new ScheduleCache({ types });
  const checked = new WeakSet<Schedule>();
  return (input, entry) => {
    const placed = isSchedule(input)
      ? cache.intern(input.inTimezone?.(timezone) ?? input)
      : cache.parse(withHash(input, entry), timezone);
    if (!checked.has(placed)) checked.add(refuseTooFrequent(placed));
    return placed;
  };
}

function refuseTooFrequent(schedule: Schedule): Schedule {
  const first = schedule.next(0);
  const second = first === null ? null : schedule.next(first);
  if (first === null || second === null || second - first >= MIN_PERIOD_MS) return schedule;
  const hint = `a beat keeps periods of ${MIN_PERIOD_MS} ms and longer; a number is milliseconds, "5s" is seconds`;
  throw new ConfigError(`${String(schedule)} is too frequent: ${hint}`, { field: "schedule" });
}
