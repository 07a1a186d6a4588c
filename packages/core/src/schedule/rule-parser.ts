import { ConfigError } from "../base/errors.js";
import { guarded } from "../base/json.js";
import { isSchedule, type RuleType, type Schedule, type ScheduleJson } from "../contract/schedule.js";
import { exclude, type WrittenExclusions } from "./exclusions.js";
import { memoizeNext } from "./memo.js";
import { checkRule, withHash } from "./parse.js";
import { ScheduleCache } from "./schedule-cache.js";
import { writtenRule } from "./written-rule.js";
import { zoneOffsets } from "./zone-offsets.js";

/** Reads the schedule of an entry. `entry`: its name. `exclusions`: the days that it leaves out; default: none. */
export type ParseRule = (
  schedule: Schedule | ScheduleJson | string,
  entry: string,
  exclusions?: WrittenExclusions,
) => Schedule;

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
export function ruleParser(timezone: string, types: readonly RuleType[] = []): ParseRule {
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
  const read = (input: Schedule | ScheduleJson | string, entry: string): Schedule =>
    isSchedule(input) ? check(cache.intern(input.inTimezone?.(timezone) ?? input)) : readWritten(input, entry);
  const excluding = excluder(timezone, types);
  // A rule of a foreign type may throw anything.
  return (input, entry, exclusions) => {
    const rule = guarded("schedule", () => read(input, entry));
    return exclusions ? guarded("except", () => excluding(rule, exclusions)) : rule;
  };
}

/** The most different exclusions of one rule that are remembered. */
const MOST_EXCLUSIONS = 1_000;

/** Equal exclusions of one rule become one object, as equal rules do. */
function excluder(
  timezone: string,
  types: readonly RuleType[],
): (rule: Schedule, given: WrittenExclusions) => Schedule {
  const known = new WeakMap<Schedule, Map<string, Schedule>>();
  return (rule, given) => {
    const found = known.get(rule) ?? new Map<string, Schedule>();
    const key = JSON.stringify([given.except, given.onExcluded, given.exceptTimezone]);
    const before = found.get(key);
    if (before) return before;
    const schedule = exclude(rule, given, timezone, types);
    if (schedule === rule) return rule;
    const excluding = memoizeNext(schedule);
    if (found.size >= MOST_EXCLUSIONS) found.clear();
    known.set(rule, found.set(key, excluding));
    return excluding;
  };
}

function refuseTooFrequent(schedule: Schedule): Schedule {
  const first = schedule.next(0);
  const second = first === null ? null : schedule.next(first);
  if (first === null || second === null || second - first >= MIN_PERIOD_MS) return schedule;
  const hint = `the shortest period is ${MIN_PERIOD_MS} ms; everyMs is in milliseconds, "5s" is five seconds`;
  throw new ConfigError(`${String(schedule)} is too frequent: ${hint}`, { field: "schedule" });
}
