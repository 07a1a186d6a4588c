/** From a cron line of another scheduler to a rule of beatx with the same days. */

import { ConfigError, parseSchedule, type ScheduleJson } from "@beatx/core";

/** How a scheduler reads day of month and day of week. */
export interface CronDialect {
  /** If both are restricted: a day must match both (`"and"`), or one of them (`"or"`). */
  readonly dayMatch: "and" | "or";
  /** Whether a field of days restricts them. Cron looks only at the first character. */
  readonly isRestricted: (field: string, kind: DayKind) => boolean;
}

export type DayKind = "dayOfMonth" | "dayOfWeek";

/** As in cron(8): a field that begins with `*` restricts nothing, not even with a step. */
export const CRON: CronDialect = { dayMatch: "or", isRestricted: (field) => !/^[*?]/.test(field) };

const RANGES: Readonly<Record<DayKind, string>> = { dayOfMonth: "1-31", dayOfWeek: "0-6" };

/**
 * A crontab as JSON: five fields, six with seconds, or a name such as `@daily`. Numbers of weekdays are cron's: 0 and 7 are
 * Sunday. `hash`: chooses the time of each `H`. @throws ConfigError that names the field and the value
 */
export function cronRule(
  line: string,
  dialect: CronDialect,
  timezone: string | undefined,
  hash?: string,
): ScheduleJson {
  const fields = line.trim().split(/\s+/);
  const days = fields.length < 5 ? null : takeDays(fields, dialect);
  const rule = {
    type: "crontab",
    expression: (days?.fields ?? fields).join(" "),
    ...(days?.isEither ? { dayMatch: "or" } : {}),
    ...(hash === undefined ? {} : { hash }),
    ...(timezone === undefined ? {} : { timezone }),
  };
  return parseSchedule(rule).toJSON();
}

interface Days {
  readonly fields: readonly string[];
  readonly isEither: boolean;
}

/** beatx matches either kind of day only if neither field begins with `*`, so ranges take the place of stars that restrict. */
function takeDays(fields: readonly string[], { dayMatch, isRestricted }: CronDialect): Days {
  const weekday = fields.length - 1;
  const monthday = weekday - 2;
  const kinds = [
    [monthday, "dayOfMonth"],
    [weekday, "dayOfWeek"],
  ] as const;
  if (dayMatch === "and" || !kinds.every(([index, kind]) => isRestricted(fields[index]!, kind))) {
    return { fields, isEither: false };
  }
  const ranged = [...fields];
  for (const [index, kind] of kinds) ranged[index] = ranged[index]!.replace(/(^|,)[*?](?=\/)/g, `$1${RANGES[kind]}`);
  return { fields: ranged, isEither: true };
}

/** @throws ConfigError that names the place and the zone */
export function checkZone(zone: string, place: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone;
  } catch (cause) {
    const message = `${place}: ${JSON.stringify(zone)} is no time zone: expected a name such as Europe/Berlin`;
    throw new ConfigError(message, { field: "timezone", cause });
  }
}

/** The zone of this machine, in which its cron reads lines. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
