import { crontab, type EntryInput, interval, type Schedule } from "@beatx/core";
import { rrule } from "@beatx/schedule-rrule";
import { solar } from "@beatx/schedule-solar";

/** An entry of the soak: what the nodes are given, and the rule that says what must arrive. */
export interface SoakEntry {
  readonly rule: Schedule;
  readonly input: EntryInput;
}

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];

/** How many kinds of rules there are in ten entries; the period of each grows with its number. */
const RULES: readonly ((index: number) => Schedule)[] = [
  ...Array.from({ length: 5 }, () => everySomeSeconds),
  (index) => crontab(`*/${[5, 10, 15, 20, 30][index % 5]!} * * * * *`),
  (index) => crontab(`${index % 60} * * * * *`, { timezone: zoneOf(index) }),
  (index) => crontab(`*/${1 + (index % 5)} * * * *`, { timezone: zoneOf(index) }),
  (index) => rrule(`DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY;INTERVAL=${10 + (index % 50)}`),
  (index) => (index % 20 === 9 ? solar("sunrise", (index % 60) - 30, index % 180) : crontab("* * * * *")), // prettier-ignore
];

function everySomeSeconds(index: number): Schedule {
  // Anchors of their own spread the entries over the seconds.
  return interval(`${5 + ((index * 7) % 56)}s`, { anchor: new Date(index * 97).toISOString() });
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
