import type { JsonValue } from "../base/json.js";
import type { CalendarType } from "./calendar.js";

/** The rule of an entry: says when it is due. Immutable. */
export interface Schedule {
  /** The name by which `parseSchedule` finds it: `crontab`, `interval`, `clocked`, `solar`, … */
  readonly type: string;
  /**
   * The first instant strictly after `after`, both in whole epoch ms. `null`: never again. A pure function: constant between
   * two instants, and the same on every node (R12).
   */
  next(after: number): number | null;
  /** Plain JSON with `type`. `parseSchedule` turns it back into an equal schedule. */
  toJSON(): ScheduleJson;
  /** One line for people. */
  toString(): string;
  /** The zone of the wall clock that the rule reads (IANA name). Omitted or `undefined`: it reads none. */
  readonly timezone?: string | undefined;
  /** The same rule read in `timezone` (IANA name), unless it names its own zone. Omitted by rules without a zone. */
  inTimezone?(timezone: string): Schedule;
}

export interface ScheduleJson {
  readonly type: string;
  readonly [field: string]: JsonValue;
}

/** Reads one type of schedule from JSON. Packages export it as `scheduleType`. */
export interface ScheduleType {
  readonly type: string;
  /**
   * `parsePart`: reads a rule that is a part of this one, with all types that are known.
   * @throws ConfigError that names the field and the value.
   */
  parse(json: ScheduleJson, parsePart?: ParsePart): Schedule;
}

/** What an application gives to read rules with. */
export type RuleType = ScheduleType | CalendarType;

/** @throws ConfigError that names the field and the value. */
export type ParsePart = (json: ScheduleJson | string) => Schedule;

/** Whether the value has the methods of a schedule. Also `true` for one from another copy of core. */
export function isSchedule(value: unknown): value is Schedule {
  if (typeof value !== "object" || value === null) return false;
  try {
    const { type, next, toJSON } = value as Partial<Schedule>;
    return typeof type === "string" && typeof next === "function" && typeof toJSON === "function";
  } catch {
    return false; // A getter or a Proxy that throws.
  }
}
