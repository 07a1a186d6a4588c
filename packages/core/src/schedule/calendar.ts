import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { guarded } from "../base/json.js";
import { DEFAULT_CALENDAR, type CalendarType } from "../contract/calendar.js";
import { dayOfText, readExcludedDays } from "./excluded-days.js";

/** Begins like a package's name, so that the name of a calendar is never a path. */
const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * A calendar of your own, to be passed in `scheduleTypes` on all nodes: `calendar("company", ["2026-12-31", "08-01/08-14"])` is
 * what `except: [{ calendar: "company" }]` leaves out. `days`: as in `except`, without calendars.
 * @throws ConfigError that names the wrong day.
 */
export function calendar(name: string, days: readonly string[]): CalendarType {
  return guarded("calendar", () => {
    if (typeof name !== "string" || !NAME.test(name) || name === DEFAULT_CALENDAR) {
      const message = `the calendar's name is ${describe(name)}: expected lower case letters, digits and "-", and not "${DEFAULT_CALENDAR}"`;
      throw new ConfigError(message, { field: "name" });
    }
    const set = readExcludedDays("days", days, () => {
      throw new ConfigError("a calendar is made of days: name other calendars beside it in except", { field: "days" });
    });
    const open: CalendarType["open"] = (code) => {
      if (code === "") return { has: (day) => set.has(dayOfText(day)!) };
      throw new ConfigError(
        `the calendar ${describe(name)} has no parts: write "${name}" instead of "${name}:${code}"`,
        {
          field: "calendar",
        },
      );
    };
    return { calendar: name, open };
  });
}
