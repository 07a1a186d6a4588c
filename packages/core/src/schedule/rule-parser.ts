import { ConfigError } from "../base/errors.js";
import { guarded } from "../base/json.js";
import { isSchedule, type Schedule, type ScheduleJson, type ScheduleType } from "../contract/schedule.js";
import { checkRule, withHash } from "./parse.js";
import { ScheduleCache } from "./schedule-cache.js";
import { writtenRule } from "./written-rule.js";
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
  const check = (schedule: Schedule): Schedule => {
    if (!checked.has(schedule)) checked.add(refuseTooFrequent(schedule));
    return schedule;
  };
  /** A million entries write few different rules: one that was read and checked is found by what was written. */
  const readWritten = (input: ScheduleJson | string, entry: string): Schedule => {
    const written = writtenRule(input);
    const known = written && cache.find(written.key);
    if (known) return known;
    const rule = checkRule(written?.rule ?? input);
    const hashed = withHash(rule, entry);
    const schedule = check(cache.parse(hashed, timezone));
    if (written && hashed === rule) cache.keep(written.key, schedule);
    return schedule;
  };
  const read: ParseRule = (input, entry) =>
    isSchedule(input) ? check(cache.intern(input.inTimezone?.(timezone) ?? input)) : readWritten(input, entry);
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
