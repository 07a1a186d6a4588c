import { checkTimezone } from "@beatx/core";
import { ConfigError, describe, shorten } from "@beatx/core/adapter";

import { readRuleParts } from "./rule-parts.js";
import { checkRuleSize } from "./rule-size.js";

export type Frequency = "YEARLY" | "MONTHLY" | "WEEKLY" | "DAILY" | "HOURLY" | "MINUTELY" | "SECONDLY";

/** A checked recurrence set of RFC 5545. */
export interface RRuleText {
  /**
   * Canonical: in upper case where case does not matter, `DTSTART` and `RRULE` first, then the other lines in their
   * order.
   */
  readonly text: string;
  /** The moment of `DTSTART`, as written. */
  readonly start: string;
  /** Whether `DTSTART` has no zone: no `TZID` and no final `Z`. */
  readonly isFloating: boolean;
  /** The zone of `DTSTART`; `undefined`: it names none, or is in UTC. */
  readonly zone: string | undefined;
  readonly frequency: Frequency;
  /** The `COUNT` of the rule; `null`: none. */
  readonly count: number | null;
}

interface Line {
  readonly name: string;
  readonly zone: string | undefined;
  readonly value: string;
}

/** The most moments in `RDATE` and `EXDATE` lines: each search looks at all of them. */
const MAX_MOMENTS = 1_000;
const PROPERTIES = ["DTSTART", "RRULE", "RDATE", "EXDATE"];
const LINE = /^(?<name>[A-Z-]+)(?<parameters>(?:;[A-Z-]+=[^:;]+)*):(?<value>.+)$/i;
const DATE_TIME = /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)T(?<time>\d{6})Z?$/;

/**
 * Reads `DTSTART` and `RRULE` lines with any `RDATE` and `EXDATE`; a line that begins with `FREQ=` is an `RRULE`.
 * @throws ConfigError that names what is missing, unknown or wrong.
 */
export function readRRuleText(given: unknown): RRuleText {
  if (typeof given !== "string") throw refuse("text", `${describe(given)} is not a text`);
  // Long lines may be folded: a line that begins with a blank continues the line before.
  const unfolded = given.replace(/\r?\n[ \t]/g, "").split(/\r?\n/);
  const lines = unfolded
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map(readLine);
  const [start, rule] = [theOnly(lines, "DTSTART"), theOnly(lines, "RRULE")];
  const parts = readRuleParts(rule.value);
  checkRuleSize(parts);
  const others = lines.filter((line) => line !== start && line !== rule);
  for (const line of [start, ...others]) checkMoments(line);
  const moments = others.reduce((count, { value }) => count + value.split(",").length, 0);
  if (moments > MAX_MOMENTS) {
    throw refuse("RDATE", `has ${moments} moments in RDATE and EXDATE lines: at most ${MAX_MOMENTS}`);
  }
  if (start.value.includes(","))
    throw refuse("DTSTART", `DTSTART ${shorten(start.value)} is more than one moment: use RDATE`);
  const count = parts.get("COUNT");
  return {
    text: [start, rule, ...others].map(writeLine).join("\n"),
    start: start.value,
    isFloating: start.zone === undefined && !start.value.endsWith("Z"),
    zone: start.zone,
    frequency: parts.get("FREQ") as Frequency,
    count: count === undefined ? null : Number(count),
  };
}

function readLine(written: string): Line {
  const groups = LINE.exec(/^FREQ=/i.test(written) ? `RRULE:${written}` : written)?.groups;
  const name = groups?.["name"]?.toUpperCase();
  if (groups === undefined || name === undefined || !PROPERTIES.includes(name)) {
    const hint = `write lines that begin with ${PROPERTIES.join(", ")}, as in DTSTART;TZID=Europe/Berlin:20300101T090000`;
    throw refuse("text", `line ${describe(written)} cannot be read: ${hint}`);
  }
  return { name, zone: readZone(name, groups["parameters"] ?? ""), value: groups["value"]!.toUpperCase() };
}

function readZone(name: string, parameters: string): string | undefined {
  let zone: string | undefined;
  for (const parameter of parameters.split(";").slice(1)) {
    const [key = "", value = ""] = parameter.split("=");
    if (key.toUpperCase() === "TZID" && name !== "RRULE") zone = checkTimezone(value);
    else if (name === "RRULE" || parameter.toUpperCase() !== "VALUE=DATE-TIME") {
      const hint =
        "TZID=… and VALUE=DATE-TIME are known; a day without a time is not an instant, write 20300101T000000";
      throw refuse(name, `${name} has the parameter ${describe(parameter)}: ${hint}`);
    }
  }
  return zone;
}

function theOnly(lines: readonly Line[], name: string): Line {
  const found = lines.filter((line) => line.name === name);
  if (found.length === 1) return found[0]!;
  // Without a start, COUNT and INTERVAL would depend on the start of the node (R12).
  const example = name === "DTSTART" ? "DTSTART;TZID=Europe/Berlin:20300101T090000" : "RRULE:FREQ=DAILY";
  throw refuse(name, `has ${found.length === 0 ? "no" : "more than one"} ${name}: write one, as in ${example}`);
}

function checkMoments({ name, zone, value }: Line): void {
  for (const moment of value.split(",")) {
    const groups = DATE_TIME.exec(moment)?.groups;
    const hint = "write moments such as 20300131T090000, or 20300131T090000Z for UTC";
    if (groups === undefined || !isMoment(groups))
      throw refuse(name, `${name} ${shorten(moment)} cannot be read: ${hint}`);
    if (zone !== undefined && moment.endsWith("Z")) {
      throw refuse(name, `${name} ${moment} is in UTC and in the zone ${zone}: drop the Z or the TZID`);
    }
  }
}

function isMoment({ year, month, day, time }: Readonly<Record<string, string | undefined>>): boolean {
  const [hour, minute, second] = [time!.slice(0, 2), time!.slice(2, 4), time!.slice(4)];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const instant = Date.parse(iso);
  // The engine reads 30 February as 2 March, and 24:00 as the next day.
  return !Number.isNaN(instant) && new Date(instant).toISOString() === iso;
}

function writeLine({ name, zone, value }: Line): string {
  return `${name}${zone === undefined ? "" : `;TZID=${zone}`}:${value}`;
}

function refuse(field: string, message: string): ConfigError {
  return new ConfigError(`rrule ${message}`, { field });
}
