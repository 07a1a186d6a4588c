/** One entry of celery-beatx, as its serializer writes it. */

import { ConfigError, type JsonObject, type JsonValue } from "@beatx/core";

import { momentOfWallClock } from "../base/wall-clock.js";
import type { CeleryEntry } from "./celery-entry.js";
import type { CelerySchedule } from "./celery-schedule.js";
import { isObject } from "./redbeat-values.js";

/** `timezone`: that of the application, whose wall clock the last run is. @throws ConfigError that says what is wrong */
export function readBeatxEntry(name: string, json: unknown, timezone: string): CeleryEntry {
  if (!isObject(json)) throw new ConfigError("it is no object");
  const { task, args, kwargs, options } = json;
  if (typeof task !== "string") throw new ConfigError("it has no task");
  return {
    name,
    task,
    schedule: readSchedule(json["schedule"], timezone),
    args: (args ?? []) as readonly JsonValue[],
    kwargs: (kwargs ?? {}) as JsonObject,
    options: (options ?? {}) as JsonObject,
    lastRunAt: readWallClock(json["last_run_at"], timezone),
  };
}

function readSchedule(schedule: JsonValue | undefined, timezone: string): CelerySchedule {
  const { __type__: type, __value__: value } = isObject(schedule) ? schedule : {};
  if (type === "schedule" && isObject(value)) {
    return { type: "interval", seconds: Number(value["run_every"]), relative: value["relative"] === true };
  }
  if (type === "crontab" && typeof value === "string") {
    const [minute, hour, day_of_week, day_of_month, month_of_year] = value.split("\t");
    return { type: "crontab", fields: { minute, hour, day_of_week, day_of_month, month_of_year } };
  }
  if (type === "solar" && isObject(value)) {
    const { event, lat, lon } = value;
    return { type: "solar", event: event as string, latitude: Number(lat), longitude: Number(lon) };
  }
  const at = type === "datetime" ? readWallClock(value, timezone) : null;
  if (at !== null) return { type: "clocked", at };
  throw new ConfigError(`its schedule is none of celery-beatx: ${JSON.stringify(schedule)?.slice(0, 200)}`);
}

const WALL_CLOCK = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{6})$/;

/** Epoch ms, rounded down: `2026-11-22 12:25:04.379157`, without an offset. */
function readWallClock(text: JsonValue | undefined, timezone: string): number | null {
  if (text === null || text === undefined) return null;
  const match = typeof text === "string" ? WALL_CLOCK.exec(text) : null;
  if (match === null) throw new ConfigError(`${JSON.stringify(text)} is no moment as celery-beatx writes it`);
  const [year, month, day, hour, minute, second, microsecond] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  return momentOfWallClock(local, timezone) + Math.floor(microsecond / 1000);
}
