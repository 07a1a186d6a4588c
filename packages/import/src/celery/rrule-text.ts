/** From RedBeat's JSON of a recurrence rule, with the fields of `dateutil.rrule`, to a text of RFC 5545. */

import { ConfigError, type JsonObject, type JsonValue } from "@beatx/core";

const FREQUENCIES = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"];
const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/** Fields whose values are written as they are. */
const NUMBERS = {
  bysetpos: "BYSETPOS",
  bymonth: "BYMONTH",
  bymonthday: "BYMONTHDAY",
  byyearday: "BYYEARDAY",
  byweekno: "BYWEEKNO",
  byhour: "BYHOUR",
  byminute: "BYMINUTE",
  bysecond: "BYSECOND",
};

/** @throws ConfigError whose message says what the RFC, or the fixed offset of its start, does not allow */
export function rruleTextOf(json: JsonObject): string {
  const { freq, wkst = null, byweekday = null, byeaster = null } = json;
  const [interval = 1] = numbersOf(json["interval"]);
  const [count] = numbersOf(json["count"]);
  const frequency = FREQUENCIES[freq as number];
  if (frequency === undefined) throw cannot(`its freq is ${JSON.stringify(freq)}`);
  if (byeaster !== null) throw cannot("byeaster is not in RFC 5545");
  const until = momentOf(json["until"]);
  if (until !== null && count !== undefined) throw cannot("it has both count and until, and RFC 5545 allows one");
  const parts = [
    `FREQ=${frequency}`,
    ...(interval === 1 ? [] : [`INTERVAL=${interval}`]),
    ...(count === undefined ? [] : [`COUNT=${count}`]),
    ...(until === null ? [] : [`UNTIL=${stamp(until)}Z`]),
    ...(wkst === null ? [] : [`WKST=${weekdayOf(wkst)}`]),
    ...Object.entries(NUMBERS).flatMap(([field, part]) => {
      const values = numbersOf(json[field]);
      return values.length === 0 ? [] : [`${part}=${values.join(",")}`];
    }),
    ...(byweekday === null ? [] : [`BYDAY=${listOf(byweekday).map(weekdayOf).join(",")}`]),
  ];
  return `${startOf(json)}\nRRULE:${parts.join(";")}`;
}

/** RedBeat keeps the offset of the start, not its zone. So it recurs at that offset, in winter and in summer. */
function startOf(json: JsonObject): string {
  const start = momentOf(json["dtstart"]);
  if (start === null) throw cannot("it has no dtstart");
  const minutes = Number(json["dtstart_tz"] ?? 0);
  if (minutes === 0) return `DTSTART:${stamp(start)}Z`;
  if (minutes % 60 !== 0 || Math.abs(minutes) > 12 * 60) {
    throw cannot(
      `its dtstart has the offset ${minutes} min, and no zone has that all year: write the rule with its zone`,
    );
  }
  // The sign of these zones is that of POSIX.
  const hours = minutes / 60;
  return `DTSTART;TZID=Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}:${stamp(start + minutes * 60)}`;
}

function momentOf(value: JsonValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}

/** Unix seconds as text. */
function stamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/[-:]|\.\d+Z$/g, "");
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
}

function numbersOf(value: JsonValue | undefined): number[] {
  return listOf(value).map((each) => {
    if (Number.isInteger(each)) return each as number;
    throw cannot(`${JSON.stringify(each)} is no whole number`);
  });
}

function weekdayOf(value: JsonValue): string {
  const number = typeof value === "object" && value !== null ? (value as JsonObject)["wkday"] : value;
  const name = WEEKDAYS[number as number];
  if (name === undefined) throw cannot(`${JSON.stringify(value)} is no weekday`);
  return name;
}

function cannot(why: string): ConfigError {
  return new ConfigError(`its rrule cannot be kept: ${why}`, { field: "schedule" });
}
