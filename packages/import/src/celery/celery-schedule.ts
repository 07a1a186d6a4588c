/** From the schedules of Celery to those of beatx: an imported entry is due when Celery would have sent it. */

import { ConfigError, crontab, interval, parseSchedule, type ScheduleJson } from "@beatx/core";

/** A schedule of Celery, whichever text it was read from. */
export type CelerySchedule =
  | CeleryCrontab
  | { readonly type: "interval"; readonly seconds: number; readonly relative: boolean }
  | { readonly type: "solar"; readonly event: string; readonly latitude: number; readonly longitude: number }
  | { readonly type: "clocked"; readonly at: number }
  /** A rule of RFC 5545, as `@beatx/schedule-rrule` takes it. */
  | { readonly type: "rrule"; readonly text: string };

export interface CeleryCrontab {
  readonly type: "crontab";
  /** As they are written in Celery. */
  readonly fields: Readonly<Record<CeleryField, unknown>>;
  /** The numbers that Celery reads in a field, for those whose text beatx does not read. */
  readonly values?: Readonly<Partial<Record<CeleryField, readonly number[]>>>;
  /** Its own zone, in django-celery-beat. */
  readonly timezone?: string;
}

export type CeleryField = "minute" | "hour" | "day_of_month" | "month_of_year" | "day_of_week";

/** The fields by their names in beatx, and the number of values of each. */
const CELERY_FIELDS = {
  minute: ["minute", 60],
  hour: ["hour", 24],
  day_of_month: ["dayOfMonth", 31],
  month_of_year: ["monthOfYear", 12],
  day_of_week: ["dayOfWeek", 7],
} as const satisfies Record<CeleryField, readonly [string, number]>;

export interface ImportedRule {
  readonly rule: ScheduleJson;
  /** Epoch ms: the instants of the rule up to it are none of Celery's. Omitted: the last run says it all. */
  readonly settledUntil?: number;
  readonly notes: readonly string[];
}

interface Start {
  /** The zone of the application. */
  readonly timezone: string;
  /** Epoch ms from which Celery counts an interval: its last run. */
  readonly from: number;
}

/** @throws BeatxError whose message says why the schedule cannot be kept */
export function ruleOf(schedule: CelerySchedule, start: Start): ImportedRule {
  switch (schedule.type) {
    case "crontab":
      return crontabOf(schedule, start);
    case "interval":
      return schedule.relative ? relativeOf(schedule.seconds, start) : intervalOf(schedule.seconds, start);
    case "solar":
      return { rule: { ...schedule }, notes: [] };
    case "clocked":
      return { rule: { type: "clocked", at: iso(schedule.at) }, notes: [] };
    case "rrule":
      return { rule: { type: "rrule", text: schedule.text }, notes: [] };
  }
}

function crontabOf({ fields, values = {}, timezone }: CeleryCrontab, start: Start): ImportedRule {
  const notes: string[] = [];
  const rule: Record<string, string | number | readonly number[]> = {};
  for (const [name, [field, count]] of entriesOf(CELERY_FIELDS)) {
    const written = withoutBrackets(fields[name]);
    if (written === "*") continue;
    try {
      crontab({ [field]: written });
      rule[field] = written as string;
    } catch (error) {
      const read = values[name];
      if (!ConfigError.isInstance(error) || read === undefined) throw error;
      if (read.length < count) rule[field] = read;
      const shown = read.length < count ? read.join(",") : "*";
      notes.push(`Celery reads ${name} ${JSON.stringify(written)} as ${shown}, and so does the entry`);
    }
  }
  return { rule: { type: "crontab", ...rule, timezone: timezone ?? start.timezone }, notes };
}

/** Lists that were stored as Python's text: `[0, 30]`. */
function withoutBrackets(written: unknown): unknown {
  return typeof written === "string" ? written.replace(/[[\](){}\s]/g, "") : written;
}

/** Celery's next run is the last one and the interval: so the interval is counted from the last run. */
function intervalOf(seconds: number, { from }: Start): ImportedRule {
  const everyMs = Math.round(seconds * 1000);
  const exact = everyMs / 1000 === seconds;
  const notes = exact ? [] : [`its interval of ${seconds} s is rounded to ${everyMs} ms`];
  return { rule: { type: "interval", everyMs: positive(everyMs, seconds), anchor: iso(from) }, notes };
}

/**
 * Celery rounds the last run and the interval down on the wall clock, and counts from there again. So an interval that is no
 * whole number of units is shortened to one each time but the first: 90 seconds to a minute.
 */
function relativeOf(seconds: number, { timezone, from }: Start): ImportedRule {
  const everyMs = positive(Math.round(seconds * 1000), seconds);
  const unitMs = UNITS.find((unit) => everyMs >= unit) ?? 1000;
  const stepMs = Math.max(unitMs, Math.floor(everyMs / unitMs) * unitMs);
  const notes = stepMs === everyMs ? [] : [roundedNote(seconds, stepMs)];
  const first = interval(`${everyMs}ms`, { anchor: from, relative: true, timezone }).next(from)!;
  const rule = { type: "interval", everyMs: stepMs, anchor: iso(first), relative: true, timezone };
  const hasEarlier = parseSchedule(rule).next(from) !== first;
  return hasEarlier ? { rule, settledUntil: first - 1, notes } : { rule, notes };
}

function roundedNote(seconds: number, stepMs: number): string {
  if (seconds < 1) return `its relative interval of ${seconds} s becomes 1 s: in Celery it is due nearly always`;
  return `Celery rounds its relative interval of ${seconds} s down to ${stepMs / 1000} s, and so does the entry`;
}

const UNITS = [86_400_000, 3_600_000, 60_000];

function positive(everyMs: number, seconds: number): number {
  if (everyMs > 0) return everyMs;
  throw new ConfigError(`its interval of ${seconds} s has no end: Celery sends it without a pause`, {
    field: "schedule",
  });
}

function entriesOf<T extends object>(value: T): [keyof T, T[keyof T]][] {
  return Object.entries(value) as [keyof T, T[keyof T]][];
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
