import { ConfigError, describe, shorten } from "@beatx/core/adapter";

const number = (least: number, most: number): RegExp => {
  const all = Array.from({ length: most - least + 1 }, (_, index) => least + index);
  return new RegExp(`^0*(?:${all.join("|")})$`);
};
const signed = (most: number): RegExp => new RegExp(`^[+-]?${number(1, most).source.slice(1)}`);
const POSITIVE = /^0*[1-9]\d{0,8}$/;

/** The valid values of each part. */
const PARTS: Readonly<Record<string, { readonly value: RegExp; readonly isList: boolean; readonly hint: string }>> = {
  FREQ: {
    value: /^(?:YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY|MINUTELY|SECONDLY)$/,
    isList: false,
    hint: "YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY",
  },
  INTERVAL: { value: POSITIVE, isList: false, hint: "a whole number, at least 1" },
  COUNT: { value: POSITIVE, isList: false, hint: "a whole number, at least 1" },
  UNTIL: { value: /^\d{8}T\d{6}Z?$/, isList: false, hint: "a moment such as 20301224T000000Z" },
  BYSECOND: { value: number(0, 59), isList: true, hint: "seconds from 0 to 59" },
  BYMINUTE: { value: number(0, 59), isList: true, hint: "minutes from 0 to 59" },
  BYHOUR: { value: number(0, 23), isList: true, hint: "hours from 0 to 23" },
  BYDAY: {
    value: new RegExp(`^(?:${signed(53).source.slice(1, -1)})?(?:MO|TU|WE|TH|FR|SA|SU)$`),
    isList: true,
    hint: "weekdays MO, TU, WE, TH, FR, SA, SU, with which one of the month or year as in 2MO or -1FR",
  },
  BYMONTHDAY: { value: signed(31), isList: true, hint: "days from 1 to 31, or -1 to -31 from the end" },
  BYYEARDAY: { value: signed(366), isList: true, hint: "days from 1 to 366, or -1 to -366 from the end" },
  BYWEEKNO: { value: signed(53), isList: true, hint: "weeks from 1 to 53, or -1 to -53 from the end" },
  BYMONTH: { value: number(1, 12), isList: true, hint: "months from 1 to 12" },
  BYSETPOS: { value: signed(366), isList: true, hint: "positions from 1 to 366, or -1 to -366 from the end" },
  WKST: { value: /^(?:MO|TU|WE|TH|FR|SA|SU)$/, isList: false, hint: "one of MO, TU, WE, TH, FR, SA, SU" },
};

/**
 * The parts of a recurrence rule, by name. Each part is checked here, because the library ignores parts that it does not
 * understand, and a rule without its `BYHOUR=25` is a different rule. The library checks their combination.
 * @throws ConfigError that names the part and the value.
 */
export function readRuleParts(rule: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const written of rule.split(";")) {
    const [name = "", value = "", ...rest] = written.split("=");
    const kind = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    const known = Object.keys(PARTS).join(", ");
    if (kind === undefined) throw refuse(name, `${describe(written)} is not a part of a rule (known: ${known})`);
    if (parts.has(name)) throw refuse(name, `${name} appears twice: join its values with commas`);
    const values = kind.isList ? value.split(",") : [value];
    const wrong = rest.length > 0 ? value : values.find((each) => !kind.value.test(each));
    if (wrong !== undefined) throw refuse(name, `${shorten(written)} cannot be read: ${name} takes ${kind.hint}`);
    parts.set(name, value);
  }
  if (!parts.has("FREQ")) throw refuse("FREQ", `${describe(rule)} has no FREQ: write one, as in FREQ=DAILY`);
  return parts;
}

function refuse(field: string, message: string): ConfigError {
  return new ConfigError(`rrule ${message}`, { field });
}
