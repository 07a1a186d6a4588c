import { refuseUnknownFields } from "../base/known-fields.js";
import type { Schedule, ScheduleJson, ScheduleType } from "../contract/schedule.js";
import { parseInstant } from "./instant.js";
import { nextInRange } from "./search-range.js";

class ClockedSchedule implements Schedule {
  readonly type = "clocked";
  readonly at: number;

  constructor(at: number) {
    this.at = at;
    Object.freeze(this);
  }

  next(after: number): number | null {
    return nextInRange(after, (start) => (start < this.at ? this.at : null));
  }

  toJSON(): ScheduleJson {
    return { type: this.type, at: new Date(this.at).toISOString() };
  }

  toString(): string {
    return `once at ${new Date(this.at).toISOString()}`;
  }
}

/**
 * A rule that is due once. `at`: a `Date`, epoch ms, or ISO 8601 text with an offset (`2030-01-31T09:00:00+01:00`).
 * @throws ConfigError if `at` is not an instant, or is text without an offset.
 */
export function clocked(at: Date | string | number): Schedule {
  return new ClockedSchedule(parseInstant("at", at));
}

/** Reads `{ type: "clocked", at: "2030-01-31T09:00:00.000Z" }`. */
export const clockedType: ScheduleType = {
  type: "clocked",
  parse(json: ScheduleJson): Schedule {
    refuseUnknownFields("a clocked schedule", json, ["type", "at"]);
    return new ClockedSchedule(parseInstant("at", json["at"]));
  },
};
