/** The values that RedBeat's JSON has a notation for. */

import { ConfigError, type JsonObject, type JsonValue } from "@beatx/core";

import { momentOfWallClock } from "../base/wall-clock.js";

/** A moment, as RedBeat writes a `datetime`. */
export interface RedBeatMoment {
  /** Epoch ms, rounded down. */
  readonly at: number;
  /** As `datetime.isoformat` of Python writes it. */
  readonly text: string;
  /** The name of its zone; `null`: it has only an offset. */
  readonly timezone: string | null;
}

export function isTagged(value: JsonValue | undefined, type: string): value is JsonObject {
  return isObject(value) && value["__type__"] === type;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads a `datetime`: its fields, with a zone's name or the offset in seconds. `null`: it is none. */
export function readMoment(value: JsonValue | undefined): RedBeatMoment | null {
  if (!isTagged(value, "datetime")) return null;
  const field = (name: string): number => Number(value[name] ?? 0);
  const local = Date.UTC(
    field("year"),
    field("month") - 1,
    field("day"),
    field("hour"),
    field("minute"),
    field("second"),
  );
  const microseconds = field("microsecond");
  const zone = value["timezone"] ?? "UTC";
  const instant = typeof zone === "number" ? local - zone * 1000 : momentOfWallClock(local, zone as string);
  const at = instant + Math.floor(microseconds / 1000);
  if (!Number.isFinite(at)) throw new ConfigError(`${JSON.stringify(value)} is no moment`);
  const seconds = new Date(local).toISOString().slice(0, 19);
  const text = `${seconds}.${String(microseconds).padStart(6, "0")}${offsetText(local - instant)}`;
  return { at, text, timezone: typeof zone === "string" ? zone : null };
}

function offsetText(offsetMs: number): string {
  const minutes = Math.abs(Math.round(offsetMs / 60_000));
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/**
 * The values of args and kwargs as Celery's JSON serializer writes them: RedBeat makes Python objects of them, and Celery
 * writes those anew. `moment`: how a date is written.
 * @throws ConfigError for one that Celery cannot send
 */
export function plainValues(value: JsonValue, moment: (moment: RedBeatMoment) => JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((each: JsonValue) => plainValues(each, moment));
  if (!isObject(value)) return value;
  const date = readMoment(value);
  if (date !== null) return moment(date);
  const type = value["__type__"];
  if (typeof type === "string" && TYPES.includes(type)) {
    throw new ConfigError(`its arguments have a ${type}, which Celery cannot send as JSON`);
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainValues(each, moment)]));
}

const TYPES = ["interval", "crontab", "weekday", "rrule"];

/** A `datetime` as kombu 5.3 and later writes it, and turns it back. */
export function kombuMoment({ text }: RedBeatMoment): JsonValue {
  return { __type__: "datetime", __value__: text };
}
