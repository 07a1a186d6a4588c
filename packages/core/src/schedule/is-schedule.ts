import type { Schedule } from "../contract/schedule.js";

/** Whether the value has what a schedule needs; also for one made by another copy of core. */
export function isSchedule(value: unknown): value is Schedule {
  if (typeof value !== "object" || value === null) return false;
  const { type, next, toJSON } = value as Partial<Schedule>;
  return typeof type === "string" && typeof next === "function" && typeof toJSON === "function";
}
