import { ConfigError } from "../errors.js";
import { DAY_MS } from "./civil-date.js";
import {
  CRONTAB_FIELDS,
  type CrontabField,
  type CrontabFieldName,
  type CrontabValue,
  parseCrontabField,
} from "./crontab-field.js";
import { refuseUnknownFields } from "./known-fields.js";
import type { Schedule, ScheduleJson, ScheduleType } from "./schedule.js";
import { WallClockRule, hasPossibleDate } from "./wall-clock-rule.js";
import { MAX_SHIFT_MS, type ZoneOffsets, zoneOffsets } from "./zone-offsets.js";

export interface CrontabOptions {
  /** IANA name of the zone in which the fields are read. Default: UTC, until `inTimezone`. */
  readonly timezone?: string | undefined;
}

/** Celery's five fields; one that is left out is `*`. A day must match both `dayOfMonth` and `dayOfWeek`. */
export interface CrontabFields extends CrontabOptions {
  /** 0 to 59. */
  readonly minute?: CrontabValue | undefined;
  /** 0 to 23. */
  readonly hour?: CrontabValue | undefined;
  /** 1 to 31. */
  readonly dayOfMonth?: CrontabValue | undefined;
  /** 1 to 12, or `jan` to `dec`. */
  readonly monthOfYear?: CrontabValue | undefined;
  /** 0 (Sunday) to 6, or `sun` to `sat`. */
  readonly dayOfWeek?: CrontabValue | undefined;
}

// The calendar repeats after 400 years of 146 097 days. What did not come by then never does, such as "*/15 2 8 3 sun"
// in New York: the clocks skip that hour each time that 8 March is a Sunday.
const CALENDAR_CYCLE_MS = 146_097 * DAY_MS;

type ParsedFields = Readonly<Record<CrontabFieldName, CrontabField>>;

class CrontabSchedule implements Schedule {
  readonly type = "crontab";
  /** The five fields as a line. */
  readonly expression: string;
  readonly timezone: string | undefined;
  readonly #fields: ParsedFields;
  readonly #rule: WallClockRule;
  readonly #zone: ZoneOffsets;
  readonly #isFixed: boolean;

  /** @throws ConfigError when `timezone` is not one. */
  constructor(fields: ParsedFields, timezone: string | undefined, rule: WallClockRule) {
    this.expression = CRONTAB_FIELDS.map((name) => fields[name].text).join(" ");
    this.timezone = timezone;
    this.#fields = fields;
    this.#rule = rule;
    this.#zone = zoneOffsets(timezone === undefined ? "UTC" : timezone);
    this.#isFixed = !fields.minute.text.startsWith("*") && !fields.hour.text.startsWith("*");
    Object.freeze(this);
  }

  /**
   * When the clocks are changed, the rules of ISC cron hold. A schedule with a `*` at the beginning of minute or hour
   * is due whenever the wall clock matches. Any other has fixed times: one that is skipped is due at the first instant
   * after the gap (once, however many were skipped), one that is repeated is due only the first time. Unlike in cron,
   * this is so for changes of three hours and more too: late is better than lost.
   */
  next(after: number): number | null {
    let segment = this.#zone.segmentAt(after);
    let start = after + segment.offsetMs;
    if (this.#isFixed) start = Math.max(start, segment.repeatedUntil - 1);
    for (;;) {
      const local = this.#rule.next(start);
      if (local === null) return null;
      const instant = local - segment.offsetMs;
      if (instant < segment.until) return instant;
      if (instant - after > CALENDAR_CYCLE_MS) return null;
      // Beyond this segment. It is safe to leap close to the match, over segments that cannot have one, unless the
      // clocks may be put back at the end of this one to before where the search started.
      const mayRepeat = segment.until - (start - segment.offsetMs) < MAX_SHIFT_MS;
      const resume = mayRepeat ? segment.until : Math.max(segment.until, instant - MAX_SHIFT_MS);
      const isAtChange = resume === segment.until;
      segment = this.#zone.segmentAt(resume);
      const resumeLocal = resume + segment.offsetMs;
      if (this.#isFixed && isAtChange && local < resumeLocal) return resume;
      start = (this.#isFixed ? Math.max(resumeLocal, segment.repeatedUntil) : resumeLocal) - 1;
    }
  }

  inTimezone(timezone: string): Schedule {
    return this.timezone === undefined ? new CrontabSchedule(this.#fields, timezone, this.#rule) : this;
  }

  toJSON(): ScheduleJson {
    const { minute, hour, dayOfMonth, monthOfYear, dayOfWeek } = this.#fields;
    return {
      type: this.type,
      minute: minute.text,
      hour: hour.text,
      dayOfMonth: dayOfMonth.text,
      monthOfYear: monthOfYear.text,
      dayOfWeek: dayOfWeek.text,
      ...(this.timezone === undefined ? {} : { timezone: this.timezone }),
    };
  }

  toString(): string {
    return this.timezone === undefined ? this.expression : `${this.expression} (${this.timezone})`;
  }
}

/**
 * Due at the whole minutes at which all five fields match the wall clock of the zone: `crontab("0 7 * * mon-fri")` or
 * `crontab({ minute: 0, hour: 7, dayOfWeek: "mon-fri" })`. The syntax is Celery's: lists, ranges (also around the end,
 * as in `22-4`), steps, names of days and months.
 * @throws ConfigError that names the field and the value; also for what can never be due, such as 31 February.
 */
export function crontab(expression: string, options?: CrontabOptions): Schedule;
export function crontab(fields?: CrontabFields): Schedule;
export function crontab(rule: string | CrontabFields = {}, options: CrontabOptions = {}): Schedule {
  refuseUnknownFields("the options of a crontab", options, ["timezone"]);
  return makeCrontab("a crontab", { ...(typeof rule === "string" ? splitLine(rule) : rule), ...options });
}

function splitLine(line: string): Record<string, string> {
  const texts = line.trim().split(/\s+/);
  if (texts.length !== CRONTAB_FIELDS.length) {
    const hint = 'write five fields, "minute hour day-of-month month day-of-week"';
    throw new ConfigError(`crontab ${JSON.stringify(line)} cannot be read: ${hint}`, { field: "crontab" });
  }
  return Object.fromEntries(CRONTAB_FIELDS.map((name, index) => [name, texts[index]!]));
}

/** Reads `{ type: "crontab", minute, hour, dayOfMonth, monthOfYear, dayOfWeek, timezone? }`. */
export const crontabType: ScheduleType = {
  type: "crontab",
  parse({ type: _type, ...fields }: ScheduleJson): Schedule {
    return makeCrontab("a crontab schedule", fields);
  },
};

function makeCrontab(what: string, given: object): Schedule {
  refuseUnknownFields(what, given, [...CRONTAB_FIELDS, "timezone"]);
  const values: Readonly<Record<string, unknown>> = { ...given };
  const read = (name: CrontabFieldName): CrontabField => {
    const value = values[name];
    return parseCrontabField(name, value === undefined ? "*" : value);
  };
  const [minute, hour, dayOfMonth] = [read("minute"), read("hour"), read("dayOfMonth")];
  const [monthOfYear, dayOfWeek] = [read("monthOfYear"), read("dayOfWeek")];
  if (!hasPossibleDate(dayOfMonth.values, monthOfYear.values)) {
    const date = `dayOfMonth ${JSON.stringify(dayOfMonth.text)} with monthOfYear ${JSON.stringify(monthOfYear.text)}`;
    const hint = "none of these months has such a day";
    throw new ConfigError(`crontab ${date} can never be due: ${hint}`, { field: "dayOfMonth" });
  }
  const rule = new WallClockRule({
    minutes: minute.values,
    hours: hour.values,
    daysOfMonth: dayOfMonth.values,
    monthsOfYear: monthOfYear.values,
    daysOfWeek: dayOfWeek.values,
  });
  const fields = { minute, hour, dayOfMonth, monthOfYear, dayOfWeek };
  return new CrontabSchedule(fields, values["timezone"] as string | undefined, rule);
}
