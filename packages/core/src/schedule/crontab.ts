import { describe } from "../base/describe.js";
import { canRead, ConfigError } from "../base/errors.js";
import { guarded, isPlainObject } from "../base/json.js";
import { refuseUnknownFields } from "../base/known-fields.js";
import type { Schedule, ScheduleJson, ScheduleType } from "../contract/schedule.js";
import { DAY_MS } from "./civil-date.js";
import { CRONTAB_FIELDS, type CrontabValue } from "./crontab-field.js";
import {
  type CrontabMeaning,
  expressionOf,
  isOfFields,
  readCrontabFields,
  readCrontabLine,
} from "./crontab-meaning.js";
import type { LineForm } from "./crontab-line.js";
import type { DayMatch } from "./month-days.js";
import { pastedHint } from "./pasted-hint.js";
import { withoutCommand } from "./pasted-command.js";
import { nextInRange } from "./search-range.js";
import type { WallClockRule } from "./wall-clock-rule.js";
import { readWrittenLine } from "./written-line.js";
import { checkTimezone, MAX_SHIFT_MS, type ZoneOffsets, zoneOffsets } from "./zone-offsets.js";

export interface CrontabOptions {
  /** IANA name of the zone in which the fields are read. Default: the zone passed to `inTimezone`, else UTC. */
  readonly timezone?: string | undefined;
}

/** The options of a line. */
export interface CrontabLineOptions extends CrontabOptions {
  /**
   * Applies if day of month and day of week are both restricted (neither begins with `*`). `"and"` (default): due on
   * days that match both, as in Celery. `"or"`: due on days that match one of them, as in cron(8).
   */
  readonly dayMatch?: DayMatch | undefined;
  /** Chooses the time of each `H` in the line; the same text gives the same times. Usually the name of the entry. */
  readonly hash?: string | undefined;
}

/** Celery's five fields. An omitted field is `*`. A day must match both `dayOfMonth` and `dayOfWeek`. */
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

// The calendar repeats after 400 years of 146 097 days. A rule without an instant in that time is never due, such as
// "*/15 2 8 3 sun" in New York: the clocks skip that hour whenever 8 March is a Sunday.
const CALENDAR_CYCLE_MS = 146_097 * DAY_MS;

const LINE_OPTIONS: readonly (keyof CrontabLineOptions)[] = ["timezone", "dayMatch", "hash"];

class CrontabSchedule implements Schedule {
  readonly type = "crontab";
  /** The five fields as a line, or six if the seconds are not 0. */
  readonly expression: string;
  readonly timezone: string | undefined;
  readonly #meaning: CrontabMeaning;
  readonly #zone: ZoneOffsets;
  readonly #isFixed: boolean;
  readonly #rule: WallClockRule;

  /** @throws ConfigError if `timezone` is not a time zone. */
  constructor(meaning: CrontabMeaning, timezone: string | undefined) {
    const { minute, hour } = meaning.fields;
    this.expression = expressionOf(meaning.fields);
    this.timezone = timezone;
    this.#meaning = meaning;
    this.#rule = meaning.rule;
    this.#zone = zoneOffsets(timezone === undefined ? "UTC" : timezone);
    this.#isFixed = !minute.text.startsWith("*") && !hour.text.startsWith("*");
    Object.freeze(this);
  }

  /**
   * When the clocks change, the rules of ISC cron apply. A rule whose minute or hour begins with `*` is due whenever
   * the wall clock matches. Any other rule has fixed times: a skipped time is due at the first instant after the gap
   * (once, even if several were skipped), and a repeated time is due only the first time. Unlike in cron, this also
   * applies to changes of three hours and more: late is better than lost.
   */
  next(after: number): number | null {
    return nextInRange(after, (start) => this.#firstAfter(start));
  }

  #firstAfter(after: number): number | null {
    let segment = this.#zone.segmentAt(after);
    let start = after + segment.offsetMs;
    if (this.#isFixed) start = Math.max(start, segment.repeatedUntil - 1);
    for (;;) {
      const local = this.#rule.next(start);
      if (local === null) return null;
      const instant = local - segment.offsetMs;
      if (instant < segment.until) return instant;
      if (this.#meaning.fields.year === null && instant - after > CALENDAR_CYCLE_MS) return null;
      // The match lies after this segment. Leap close to it, over segments that cannot have one. But if the clocks may go
      // back at the end of this segment, to before the start of the search, go on with the next segment.
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
    return this.timezone === undefined ? new CrontabSchedule(this.#meaning, timezone) : this;
  }

  toJSON(): ScheduleJson {
    const { fields, dayMatch, hash } = this.#meaning;
    const zone = this.timezone === undefined ? {} : { timezone: this.timezone };
    if (isOfFields(this.#meaning)) {
      const texts = Object.fromEntries(CRONTAB_FIELDS.map((name) => [name, fields[name].text]));
      return { type: this.type, ...texts, ...zone };
    }
    const or = dayMatch === "or" ? { dayMatch } : {};
    return { type: this.type, expression: this.expression, ...or, ...(hash === undefined ? {} : { hash }), ...zone };
  }

  toString(): string {
    const { dayMatch, hash } = this.#meaning;
    const notes = [this.timezone, hash && `hash ${JSON.stringify(hash)}`, dayMatch === "or" && "on either kind of day"];
    const said = notes.filter(Boolean).join(", ");
    return said === "" ? this.expression : `${this.expression} (${said})`;
  }
}

/**
 * A rule that is due at the whole minutes (or seconds) at which all fields match the wall clock of the zone:
 * `crontab("0 7 * * mon-fri")` or `crontab({ minute: 0, hour: 7, dayOfWeek: "mon-fri" })`.
 *
 * Fields have Celery's syntax: lists, ranges (also around the end, as in `22-4`), steps, names of days and months. A
 * line may have a field in front, for seconds, then one at the end, for years; or be a name such as `@daily`. A zone
 * may stand before it (`TZ=Europe/Paris 0 9 * * *`), or EventBridge's `cron(…)` around it. A line also has `7`
 * (Sunday), `0/5` (steps from 0), `L` and `L-2` (the last day of the month, two days before it), `15W` and `LW` (the
 * weekday nearest the 15th, the last weekday), `friL` (last Friday), `mon#2` (second Monday), `?` (any day) and `H` (a
 * time that the option `hash` chooses). Syntax of other schedulers that means something else there is refused, with the
 * equivalent.
 *
 * A day must match day of month AND day of week, in lines too, unless `dayMatch` says otherwise.
 * @throws ConfigError that names the field and the value; also for a rule that is never due, such as 31 February.
 */
export function crontab(expression: string, options?: CrontabLineOptions): Schedule;
export function crontab(fields?: CrontabFields): Schedule;
export function crontab(rule: string | CrontabFields = {}, options: CrontabLineOptions = {}): Schedule {
  return guarded("crontab", () => {
    if (isPlainObject(rule)) return makeOfFields("a crontab", { ...rule, ...options });
    refuseUnknownFields("the options of a crontab", options, LINE_OPTIONS);
    return makeOfLine({ ...options, expression: rule }, "text");
  });
}

/**
 * Reads `{ type: "crontab", minute, hour, dayOfMonth, monthOfYear, dayOfWeek, timezone? }`, or, for a rule that these
 * fields cannot express, `{ type: "crontab", expression, dayMatch?, hash?, timezone? }`.
 */
export const crontabType: ScheduleType = {
  type: "crontab",
  parse({ type: _type, ...given }: ScheduleJson): Schedule {
    if (given["expression"] === undefined) return makeOfFields("a crontab schedule", given);
    refuseUnknownFields("a crontab schedule with an expression", given, ["expression", ...LINE_OPTIONS]);
    return makeOfLine(given, "json");
  },
};

function makeOfFields(what: string, given: object): Schedule {
  refuseUnknownFields(what, given, [...CRONTAB_FIELDS, "timezone"]);
  const { timezone, ...values } = given as Readonly<Record<string, unknown>>;
  return new CrontabSchedule(readCrontabFields(values), timezone as string | undefined);
}

function makeOfLine(given: Readonly<Record<string, unknown>>, form: LineForm): Schedule {
  const { expression, dayMatch, hash } = given;
  const zone = given["timezone"] as string | undefined;
  if (typeof expression !== "string")
    return new CrontabSchedule(readCrontabLine(expression, dayMatch, hash, form), zone);
  const { line, timezone } = readWrittenLine(expression, zone);
  try {
    return new CrontabSchedule(readCrontabLine(line, dayMatch, hash, form), timezone);
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error;
    const { field = "crontab" } = error as ConfigError;
    const hint = field === "hash" ? null : pastedHint(line, readsAsCrontab);
    if (hint === null) throw error;
    // Without a cause, which may name a part of a command.
    throw new ConfigError(`crontab ${describe(withoutCommand(line))} cannot be read: ${hint}`, { field });
  }
}

/** Whether the text is a line. The hash only makes an `H` readable. */
function readsAsCrontab(text: string): boolean {
  return canRead(() => {
    const { line, timezone } = readWrittenLine(text, undefined);
    checkTimezone(timezone ?? "UTC");
    readCrontabLine(line, undefined, "any", "text");
  });
}
