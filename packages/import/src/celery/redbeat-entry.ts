/** One entry of RedBeat: the hash with its definition and its state. */

import { ConfigError, type JsonObject, type JsonValue } from "@beatx/core";

import type { CeleryEntry } from "./celery-entry.js";
import type { CelerySchedule } from "./celery-schedule.js";
import { parseExactJson } from "./exact-json.js";
import { isObject, isTagged, kombuMoment, plainValues, readMoment } from "./redbeat-values.js";
import { rruleTextOf } from "./rrule-text.js";

export interface RedBeatEntry extends CeleryEntry {
  /** The zone in which RedBeat has written the last run; `null`: there is none, or it has no name. */
  readonly seenTimezone: string | null;
}

/** `meta`: `null` if RedBeat has not written any. @throws ConfigError that says what cannot be kept */
export function readRedBeatEntry(definitionText: string, metaText: string | null): RedBeatEntry {
  const definition = parseExactJson(definitionText, "its definition");
  const meta = metaText === null ? {} : parseExactJson(metaText, "its meta");
  if (!isObject(definition) || !isObject(meta)) throw new ConfigError("its definition is no object");
  const { name, task, args, kwargs, options, enabled = true } = definition;
  if (typeof name !== "string" || typeof task !== "string") throw new ConfigError("its definition has no name or task");
  const last = readMoment(meta["last_run_at"]);
  const notes: string[] = [];
  return {
    name,
    task,
    schedule: readSchedule(definition["schedule"]),
    args: plainValues(args ?? [], withNote(notes)) as readonly JsonValue[],
    kwargs: plainValues(kwargs ?? {}, withNote(notes)) as JsonObject,
    options: plainValues(options ?? {}, ({ text }) => text) as JsonObject,
    enabled: enabled !== false,
    lastRunAt: last?.at ?? null,
    // It sends at its next tick what has never run.
    ...(last === null && enabled !== false ? { isOverdue: true } : {}),
    seenTimezone: last?.timezone ?? null,
    notes,
  };
}

function withNote(notes: string[]): typeof kombuMoment {
  return (moment) => {
    const note = "a date in its arguments is written as Celery 5.3 and later writes it: older workers get an object";
    if (notes.length === 0) notes.push(note);
    return kombuMoment(moment);
  };
}

function readSchedule(schedule: JsonValue | undefined): CelerySchedule {
  if (isTagged(schedule, "interval")) {
    return { type: "interval", seconds: Number(schedule["every"]), relative: schedule["relative"] === true };
  }
  if (isTagged(schedule, "crontab")) {
    const { minute = "*", hour = "*", day_of_month = "*", month_of_year = "*", day_of_week = "*" } = schedule;
    return { type: "crontab", fields: { minute, hour, day_of_month, month_of_year, day_of_week } };
  }
  if (isTagged(schedule, "rrule")) return { type: "rrule", text: rruleTextOf(schedule) };
  throw new ConfigError(`its schedule is none of RedBeat's own: ${JSON.stringify(schedule)?.slice(0, 200)}`);
}
