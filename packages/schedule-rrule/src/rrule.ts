import { checkTimezone, type Schedule, type ScheduleJson, type ScheduleType } from "@beatx/core";
import { ConfigError, describe, nextInRange, shorten } from "@beatx/core/adapter";

import { Recurrence } from "./recurrence.js";
import { readRRuleText, type RRuleText } from "./rrule-text.js";

export interface RRuleOptions {
  /** IANA name of the zone for a `DTSTART` without one. Default: UTC, until `inTimezone` sets it. */
  readonly timezone?: string | undefined;
}

class RRuleSchedule implements Schedule {
  readonly type = "rrule";
  /** The lines of the rule. */
  readonly text: string;
  /** Of `DTSTART`, or the one that was given for it. */
  readonly timezone: string | undefined;
  readonly #given: string | undefined;
  readonly #rule: RRuleText;
  readonly #recurrence: Recurrence;

  /** @throws ConfigError for a rule that can never be due. */
  constructor(rule: RRuleText, timezone: string | undefined) {
    this.text = rule.text;
    this.timezone = timezone ?? rule.zone;
    this.#given = timezone;
    this.#rule = rule;
    this.#recurrence = new Recurrence(rule, timezone ?? "UTC");
    Object.freeze(this);
  }

  next(after: number): number | null {
    return nextInRange(after, (start) => this.#recurrence.next(start));
  }

  inTimezone(timezone: string): Schedule {
    const isPlaced = this.timezone !== undefined || !this.#rule.isFloating;
    return isPlaced ? this : new RRuleSchedule(this.#rule, checkTimezone(timezone));
  }

  toJSON(): ScheduleJson {
    return { type: this.type, text: this.text, ...(this.#given === undefined ? {} : { timezone: this.#given }) };
  }

  toString(): string {
    const line = this.text.replaceAll("\n", " ");
    return this.#given === undefined ? line : `${line} (${this.#given})`;
  }
}

/**
 * Due at the occurrences of an RFC 5545 recurrence set, including `DTSTART` if it matches the rule:
 * `rrule("DTSTART;TZID=Europe/Berlin:20300101T090000\nRRULE:FREQ=MONTHLY;BYDAY=-1FR")`. `RDATE` and `EXDATE` lines add and
 * remove single instants; `COUNT` and `UNTIL` end it.
 *
 * Times that the clocks skip do not occur; times that they repeat occur the first time, as the RFC says.
 * @throws ConfigError for a text without `DTSTART`, for unknown parts, values out of range, and a rule that is never due.
 */
export function rrule(text: string, options: RRuleOptions = {}): Schedule {
  return makeRRule({ text, ...options });
}

/** Reads `{ type: "rrule", text, timezone? }`. */
export const rruleType: ScheduleType = {
  type: "rrule",
  parse({ type: _type, ...given }: ScheduleJson): Schedule {
    return makeRRule(given);
  },
};

function makeRRule({ text, timezone, ...others }: Readonly<Record<string, unknown>>): Schedule {
  for (const field of Object.keys(others)) {
    throw new ConfigError(`unknown field "${field}" in an rrule schedule (known: text, timezone)`, { field });
  }
  const rule = readRRuleText(text);
  if (timezone === undefined) return new RRuleSchedule(rule, undefined);
  if (rule.isFloating) return new RRuleSchedule(rule, checkTimezone(timezone));
  const hint = "drop the timezone, or the TZID or Z of DTSTART";
  throw new ConfigError(`timezone ${describe(timezone)} has no effect on ${shorten(rule.text)}: ${hint}`, {
    field: "timezone",
  });
}
