import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { FIRST_INSTANT } from "../base/number-range.js";
import { CRONTAB_FIELDS, LINE_FIELDS, parseCrontabField } from "./crontab-field.js";
import { type CrontabLine, type LineField, type LineForm, parseCrontabLine } from "./crontab-line.js";
import { type DayMatch, MonthDays } from "./month-days.js";
import { WallClockRule } from "./wall-clock-rule.js";

/** A checked crontab without its zone, the same for both ways to write it. */
export interface CrontabMeaning {
  readonly fields: CrontabLine;
  /** `"or"` only if it makes a difference. */
  readonly dayMatch: DayMatch;
  /** Set only if there is an `H`. */
  readonly hash: string | undefined;
  readonly rule: WallClockRule;
}

/**
 * Reads Celery's fields.
 * @throws ConfigError that names the field and the value; also for a rule that can never be due.
 */
export function readCrontabFields(values: Readonly<Record<string, unknown>>): CrontabMeaning {
  const fields = CRONTAB_FIELDS.map((name): [string, LineField] => {
    const value = values[name];
    return [name, { ...parseCrontabField(name, value === undefined ? "*" : value), floating: [] }];
  });
  return meaningOf({ second: AT_ZERO, ...Object.fromEntries(fields), year: null } as CrontabLine, "and", undefined);
}

/** Reads a line of five to seven fields. @throws ConfigError as `readCrontabFields` does. */
export function readCrontabLine(line: unknown, dayMatch: unknown, hash: unknown, form: LineForm): CrontabMeaning {
  if (typeof line !== "string") throw wrong("expression", line, 'write a line such as "0 7 * * mon-fri"');
  if (dayMatch !== undefined && dayMatch !== "and" && dayMatch !== "or") {
    throw wrong("dayMatch", dayMatch, 'write "and" (a day must match both day fields) or "or" (one of them)');
  }
  if (hash !== undefined && (typeof hash !== "string" || hash === "")) {
    throw wrong("hash", hash, "write a non-empty string, such as the name of the entry");
  }
  return meaningOf(parseCrontabLine(line, hash, form), dayMatch ?? "and", hash);
}

/** The line with the same meaning; without the seconds if they are 0, unless there is a year. */
export function expressionOf(fields: CrontabLine): string {
  const names = fields.second.text === AT_ZERO.text && fields.year === null ? CRONTAB_FIELDS : LINE_FIELDS;
  return [...names.map((name) => fields[name].text), ...(fields.year === null ? [] : [fields.year.text])].join(" ");
}

/** Whether Celery's five fields can express it. */
export function isOfFields({ fields, dayMatch, hash }: CrontabMeaning): boolean {
  const isFloating = fields.dayOfMonth.floating.length + fields.dayOfWeek.floating.length > 0;
  const isPlain = fields.second.text === AT_ZERO.text && fields.year === null && !isFloating;
  return isPlain && dayMatch === "and" && hash === undefined;
}

const AT_ZERO: LineField = { text: "0", values: [0], floating: [] };

function meaningOf(fields: CrontabLine, wanted: DayMatch, hash: string | undefined): CrontabMeaning {
  const { dayOfMonth, dayOfWeek, monthOfYear } = fields;
  const bothRestricted = !dayOfMonth.text.startsWith("*") && !dayOfWeek.text.startsWith("*");
  const dayMatch = bothRestricted ? wanted : "and";
  const days = new MonthDays(dayOfMonth, dayOfWeek, dayMatch);
  if (!days.hasDateIn(monthOfYear.values)) {
    const date = `dayOfMonth ${describe(dayOfMonth.text)} with monthOfYear ${describe(monthOfYear.text)}`;
    const weekday = dayOfWeek.text === "*" ? "" : ` on dayOfWeek ${describe(dayOfWeek.text)}`;
    const hint = "none of these months has such a day";
    throw new ConfigError(`crontab ${date} can never be due${weekday}: ${hint}`, { field: "dayOfMonth" });
  }
  const rule = new WallClockRule({
    seconds: fields.second.values,
    minutes: fields.minute.values,
    hours: fields.hour.values,
    monthsOfYear: monthOfYear.values,
    days,
    years: fields.year === null ? null : fields.year.values,
  });
  if (fields.year !== null && rule.next(FIRST_INSTANT) === null) {
    const message = `crontab year ${describe(fields.year.text)} can never be due: no such year has such a day`;
    throw new ConfigError(message, { field: "year" });
  }
  const isHashed = LINE_FIELDS.some((name) => fields[name].text.includes("H"));
  return { fields, dayMatch, hash: isHashed ? hash : undefined, rule };
}

function wrong(field: string, value: unknown, hint: string): ConfigError {
  return new ConfigError(`crontab ${field} ${describe(value)} cannot be read: ${hint}`, { field });
}
