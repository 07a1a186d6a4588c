import { guarded } from "../base/json.js";
import { isSchedule, type Schedule, type ScheduleJson } from "../contract/schedule.js";
import { combine } from "./combined.js";
import { parseSchedule } from "./parse.js";

/** A rule as it may stand within another: made by a function such as `crontab(…)`, as its JSON, or as text. */
export type RuleInput = Schedule | ScheduleJson | string;

/**
 * A rule that is due whenever one of the rules is: `anyOf("0 9 * * mon-fri", "0 12 * * sat")`. An instant of several rules is
 * one. Rules of package types are given as what their packages make, such as `solar(…)`.
 * @throws ConfigError that names the rule and the field, as `rules[1].minute`.
 */
export function anyOf(...rules: readonly RuleInput[]): Schedule {
  return guarded("anyOf", () => combine("anyOf", rules, readRule));
}

/**
 * A rule that is due at the instants that all of the rules have: `allOf("0 9 * * mon", rrule(…))`. Searching one, `next` throws a
 * `ConfigError` if the rules do not meet for very long.
 * @throws ConfigError as `anyOf` does.
 */
export function allOf(...rules: readonly RuleInput[]): Schedule {
  return guarded("allOf", () => combine("allOf", rules, readRule));
}

function readRule(rule: RuleInput): Schedule {
  return isSchedule(rule) ? rule : parseSchedule(rule);
}
