import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import type { Schedule, ScheduleJson } from "../contract/schedule.js";
import { unitHint } from "../schedule/duration.js";
import type { WrittenExclusions } from "../schedule/exclusions.js";
import type { ParseRule } from "../schedule/rule-parser.js";

/**
 * Reads the rule of an entry and the days that it leaves out. `path`: the entry's place.
 * @throws ConfigError that names the field by its path.
 */
export function readSchedule(
  input: Readonly<Record<string, unknown>>,
  path: string,
  name: string,
  parseRule: ParseRule,
): Schedule {
  const rule = readRule(input["schedule"], `${path}.schedule`, name, parseRule);
  const exclusions = exclusionsOf(input);
  if (exclusions === null) return rule;
  try {
    return parseRule(rule, name, exclusions);
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause;
    const field = `${path}.${(cause as ConfigError).field ?? "except"}`;
    throw new ConfigError(`${path}.${cause.message}`, { field, cause });
  }
}

/** `null`: none are written. The zone of no days means nothing. */
function exclusionsOf({ except, onExcluded, exceptTimezone }: Record<string, unknown>): WrittenExclusions | null {
  if (except == null && onExcluded == null) return null;
  return {
    except: except ?? [],
    ...(onExcluded == null ? {} : { onExcluded }),
    ...(exceptTimezone == null ? {} : { exceptTimezone }),
  };
}

function readRule(value: unknown, path: string, name: string, parseRule: ParseRule): Schedule {
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) {
    const hint = unitHint(value);
    const expected = `expected crontab(…), interval(…), clocked(…), or a string such as "30s"`;
    const problem = hint === null ? expected : `a number has no unit: ${hint}`;
    throw new ConfigError(`${path} is ${describe(value)}: ${problem}`, { field: path });
  }
  try {
    return parseRule(value as Schedule | ScheduleJson | string, name);
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause;
    throw new ConfigError(`${path}: ${cause.message}`, { field: path, cause });
  }
}
