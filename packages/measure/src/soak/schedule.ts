import { crontab, type EntryInput, interval, type Schedule } from "@beatx/core";
import { rrule } from "@beatx/schedule-rrule";
import { solar } from "@beatx/schedule-solar";

/** An entry of the soak: what the nodes are given, and the rule that says what must arrive. */
export interface SoakEntry {
  readonly rule: Schedule;
  readonly input: EntryInput;
}

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];

/**
 * The rules of ten entries. The first occurrence of an entry adds its cursor to the store. So every entry is due within the
 * warm-up of the shortest soak, at most two minutes from any start, and the sunrises are spread over the whole day.
 */
const RULES: readonly ((index: number) => Schedule)[] = [
  ...Array.from({ length: 5 }, () => everySomeSeconds),
  (index) => crontab(`*/${[5, 10, 15, 20, 30][index % 5]!} * * * * *`),
  (index) => crontab(`${index % 60} * * * * *`, { timezone: zoneOf(index) }),
  (index) => crontab(`*/${1 + (Math.floor(index / 10) % 2)} * * * *`, { timezone: zoneOf(index) }),
  (index) => rrule(`DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY;INTERVAL=${10 + (index % 50)}`),
  (index) => (index % 20 === 9 ? sunrise(index) : crontab("* * * * *")),
];

function everySomeSeconds(index: number): Schedule {
  // Anchors of their own spread the entries over the seconds.
  return interval(`${5 + ((index * 7) % 56)}s`, { anchor: new Date(index * 97).toISOString() });
}

/** Each 20th index lies 8 degrees further east, so the sunrises of 900 entries spread over the day. */
function sunrise(index: number): Schedule {
  return solar("sunrise", (index % 60) - 30, ((Math.floor(index / 20) * 8) % 360) - 180);
}

function zoneOf(index: number): string {
  return ZONES[index % ZONES.length]!;
}

/** `count` entries of every kind of rule, named `prefix-0` and so on. None of them skips what it missed. */
export function soakEntries(prefix: string, count: number): Map<string, SoakEntry> {
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const rule = RULES[index % RULES.length]!(index);
      return [`${prefix}-${index}`, { rule, input: inputOf(rule, index) }];
    }),
  );
}

/** What an entry says; `argument` changes nothing of when it is due. */
export function inputOf(rule: Schedule, argument: number): EntryInput {
  return { task: "soak.run", schedule: rule.toJSON(), args: [argument], missed: "all", maxCatchUp: 1_000 };
}
