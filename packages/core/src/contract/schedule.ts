import type { JsonValue } from "../base/json.js";

/** A rule that says when an entry is due. Immutable. */
export interface Schedule {
  /** The name under which `parseSchedule` finds it: `crontab`, `interval`, `clocked`, `solar`, … */
  readonly type: string;
  /**
   * The first instant strictly after `after`, both epoch ms; `null`: never again. A pure function, constant between two
   * instants, the same on every node (R12).
   */
  next(after: number): number | null;
  /** Plain JSON with `type`, from which `parseSchedule` makes an equal schedule. */
  toJSON(): ScheduleJson;
  /** One line for people. */
  toString(): string;
  /** The same rule read in `timezone`, unless it names a zone of its own. Left out by rules that know no zone. */
  inTimezone?(timezone: string): Schedule;
}

export interface ScheduleJson {
  readonly type: string;
  readonly [field: string]: JsonValue;
}

/** How a type of schedule is read from JSON. Third-party packages export one as `scheduleType`. */
export interface ScheduleType {
  readonly type: string;
  /** @throws ConfigError that names the field and the value. */
  parse(json: ScheduleJson): Schedule;
}

/** Whether the value has what a schedule needs; also for one made by another copy of core. */
export function isSchedule(value: unknown): value is Schedule {
  if (typeof value !== "object" || value === null) return false;
  const { type, next, toJSON } = value as Partial<Schedule>;
  return typeof type === "string" && typeof next === "function" && typeof toJSON === "function";
}
