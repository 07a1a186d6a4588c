import { ConfigError } from "../base/errors.js";
import { guarded } from "../base/json.js";
import { isSchedule, type Schedule, type ScheduleJson, type ScheduleType } from "../contract/schedule.js";
import { checkRule, withHash } from "./parse.js";
import { ScheduleCache } from "./schedule-cache.js";
import { zoneOffsets } from "./zone-offsets.js";

/** Reads the schedule of an entry. `entry`: its name. */
export type ParseRule = (schedule: Schedule | ScheduleJson | string, entry: string) => Schedule;

/**
 * A leader cannot keep a shorter period: it may send 50 ms early (R18), and sleeps at least 20 ms between two ticks.
 */
const MIN_PERIOD_MS = 100;

/**
 * Returns a function that reads schedules as users write them. A schedule without a zone gets `timezone`. Equal
 * schedules become one object.
 * @throws ConfigError for a zone that does not exist. The function throws it for a schedule that cannot be read, or is
 * too frequent for a leader.
 */
export function ruleParser(timezone: string, types: readonly ScheduleType[] = []): ParseRule {
  zoneOffsets(timezone);
  const cache = new ScheduleCache({ types });
  const checked = new WeakSet<Schedule>();
  const read: ParseRule = (input, entry) => {
    const placed = isSchedule(input)
      ? cache.intern(input.inTimezone?.(timezone) ?? input)
      : cache.parse(withHash(checkRule(input), entry), timezone);
    if (!checked.has(placed)) checked.add(refuseTooFrequent(placed));
    return placed;
  };
  // A rule of a foreign type may throw anything.
  return (input, entry) => guarded("schedule", () => read(input, entry));
}

function refuseTooFrequent(schedule: Schedule): Schedule {
  const first = schedule.next(0);
  const second = first === null ? null : schedule.next(first);
  if (first === null || second === null || second - first >= MIN_PERIOD_MS) return schedule;
  const hint = `the shortest period is ${MIN_PERIOD_MS} ms; everyMs is in milliseconds, "5s" is five seconds`;
  throw new ConfigError(`${String(schedule)} is too frequent: ${hint}`, { field: "schedule" });
}
