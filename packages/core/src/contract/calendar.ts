/** A set of days that rules can leave out, such as public holidays. Immutable, and the same on every node (R51). */
export interface Calendar {
  /** Whether it has the day, such as `"2026-12-24"`. The years are 0001 to 9999. */
  has(day: string): boolean;
}

/** Opens the calendars of one name. Packages export it as `calendarType`. */
export interface CalendarType {
  /** The name, as before the colon in `{ calendar: "holidays:de-BE" }`. */
  readonly calendar: string;
  /**
   * `code`: what follows the colon; `""` if nothing does.
   * @throws ConfigError that names the code, and near ones.
   */
  open(code: string): Calendar;
}

/** The calendar that a code without a name means. */
export const DEFAULT_CALENDAR = "holidays";

/** The name and code of a calendar as an entry writes it: `"nyse:half-days"`, `"de-BE"`, or the name of a known one alone. */
export function readCalendar(
  written: string,
  isKnown: (calendar: string) => boolean,
): { readonly calendar: string; readonly code: string } {
  const colon = written.indexOf(":");
  if (colon !== -1) return { calendar: written.slice(0, colon), code: written.slice(colon + 1) };
  return isKnown(written) ? { calendar: written, code: "" } : { calendar: DEFAULT_CALENDAR, code: written };
}

/** How a calendar is known among the types of schedule, which are looked up in the same way. */
export function calendarKey(calendar: string): string {
  return `calendar:${calendar}`;
}
