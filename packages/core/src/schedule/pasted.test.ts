import { describe, expect, it } from "vitest";

import { epochMs, iso } from "../../vectors/read-vectors.js";
import type { ScheduleJson } from "../contract/schedule.js";
import type { ConfigError } from "../base/errors.js";
import { crontab, parseSchedule } from "./index.js";

/** A Thursday. */
const AFTER = "2026-01-01T00:00:00Z";

const next = (text: string, count: number): string[] => {
  const schedule = parseSchedule(text, [], "an entry");
  const instants: string[] = [];
  for (let at = epochMs(AFTER); instants.length < count; instants.push(iso(at))) at = schedule.next(at)!;
  return instants;
};
const refusal = (text: string): ConfigError => {
  try {
    parseSchedule(text, [], "an entry");
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error(`${text} was read`);
};
const quotedIn = (message: string): string[] =>
  [
    ...message
      .slice(message.indexOf("write "))
      .replace(RULE, "")
      .matchAll(/"([^"]+)"/g),
  ].map(([, text]) => text!);
/** A rule as JSON, which YAML and code read, too. */
const RULE = /\{ ("type": .*) \}/;
const ruleIn = (message: string): ScheduleJson => JSON.parse(RULE.exec(message)![0]) as ScheduleJson;

/** Where the meaning is the same everywhere: the next instants. */
const READ: readonly (readonly [from: string, text: string, instants: readonly string[]])[] = [
  ["crontab(5)", "0 6 * * 7", ["2026-01-04T06:00:00Z", "2026-01-11T06:00:00Z"]],
  ["crontab(5)", "0 6 * * 5-7", ["2026-01-02T06:00:00Z", "2026-01-03T06:00:00Z", "2026-01-04T06:00:00Z"]],
  ["crontab(5)", "0 6 * * 0-7", ["2026-01-01T06:00:00Z", "2026-01-02T06:00:00Z"]],
  ["crontab(5)", "0 6 * * 6,7", ["2026-01-03T06:00:00Z", "2026-01-04T06:00:00Z", "2026-01-10T06:00:00Z"]],
  ["crontab(5)", "0 6 * * 1-7/3", ["2026-01-01T06:00:00Z", "2026-01-04T06:00:00Z", "2026-01-05T06:00:00Z"]],
  ["crontab(5)", "0 4 * Jan-MAR Mon-FRI", ["2026-01-01T04:00:00Z", "2026-01-02T04:00:00Z", "2026-01-05T04:00:00Z"]],
  ["cronie", "CRON_TZ=Asia/Tokyo 0 9 * * *", ["2026-01-02T00:00:00Z"]],
  ["cronie", 'CRON_TZ="America/New_York"\n30 2 * * *', ["2026-01-01T07:30:00Z"]],
  ["FreeBSD", "@every_minute", ["2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z"]],
  ["Kubernetes", "TZ=Europe/Berlin 0 9 * * 1-5", ["2026-01-01T08:00:00Z", "2026-01-02T08:00:00Z"]],
  ["Kubernetes", "0/20 * * * ?", ["2026-01-01T00:20:00Z", "2026-01-01T00:40:00Z", "2026-01-01T01:00:00Z"]],
  ["Kubernetes", "@every 1h30m", ["2026-01-01T01:30:00Z", "2026-01-01T03:00:00Z"]],
  ["robfig", "TZ=Asia/Tokyo @every 90m", ["2026-01-01T01:30:00Z"]],
  ["robfig", "@every 1.5h", ["2026-01-01T01:30:00Z"]],
  ["Quartz", "0 15 10 ? * MON-FRI", ["2026-01-01T10:15:00Z", "2026-01-02T10:15:00Z", "2026-01-05T10:15:00Z"]],
  ["Quartz", "0 15 10 * * ? *", ["2026-01-01T10:15:00Z"]],
  ["Quartz", "0 15 10 * * ? 2027", ["2027-01-01T10:15:00Z"]],
  ["Quartz", "0 0/30 8-9 5,20 * ?", ["2026-01-05T08:00:00Z", "2026-01-05T08:30:00Z", "2026-01-05T09:00:00Z"]],
  ["Quartz", "0 15 10 L-2 * ?", ["2026-01-29T10:15:00Z", "2026-02-26T10:15:00Z"]],
  ["Quartz", "0 15 10 LW * ?", ["2026-01-30T10:15:00Z", "2026-02-27T10:15:00Z"]],
  ["Quartz", "0 15 10 15W * ?", ["2026-01-15T10:15:00Z", "2026-02-16T10:15:00Z"]],
  ["Quartz", "0 15 10 ? * FRIL", ["2026-01-30T10:15:00Z"]],
  ["Quartz", "0 15 10 ? * FRI#3 2026-2028", ["2026-01-16T10:15:00Z"]],
  ["EventBridge", "cron(0 12 * * ? *)", ["2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z"]],
  ["EventBridge", "cron(0/15 8 ? * 2-6 *)", ["2026-01-01T08:00:00Z", "2026-01-01T08:15:00Z"]],
  ["EventBridge", "cron(0 8 ? * 1 *)", ["2026-01-04T08:00:00Z"]],
  ["EventBridge", "cron(0 8 ? * 7 *)", ["2026-01-03T08:00:00Z"]],
  ["EventBridge", "cron(0 8 ? * 3#2 *)", ["2026-01-13T08:00:00Z"]],
  ["EventBridge", "cron(0 8 ? * 6L 2027)", ["2027-01-29T08:00:00Z"]],
  ["EventBridge", "cron(0 8 ? * L *)", ["2026-01-03T08:00:00Z"]],
  ["EventBridge", "cron(15 10 3W * ? *)", ["2026-01-02T10:15:00Z", "2026-02-03T10:15:00Z"]],
  ["EventBridge", "rate(5 minutes)", ["2026-01-01T00:05:00Z"]],
  ["EventBridge", "rate(1 hour)", ["2026-01-01T01:00:00Z"]],
  ["node-cron", "*/20 * * * * *", ["2026-01-01T00:00:20Z"]],
  ["cron-parser", "0 0 9 * * 1-5", ["2026-01-01T09:00:00Z", "2026-01-02T09:00:00Z"]],
  ["cron-parser", "@weekdays", ["2026-01-02T00:00:00Z", "2026-01-05T00:00:00Z"]],
  ["croner", "0 0 12 L * FRI#L", ["2026-07-31T12:00:00Z"]],
  ["Spring", "0 0 0 ? * MON#1", ["2026-01-05T00:00:00Z"]],
  ["Jenkins", "TZ=Europe/London\n0 22 * * *", ["2026-01-01T22:00:00Z"]],
  ["Inngest", "TZ=Europe/Paris 0 12 * * 5", ["2026-01-02T11:00:00Z"]],
  ["pg_cron", "30 seconds", ["2026-01-01T00:00:30Z"]],
  ["agenda", "every 5 minutes", ["2026-01-01T00:05:00Z"]],
  ["agenda", "1 hour and 30 minutes", ["2026-01-01T01:30:00Z"]],
  ["robfig, in capitals", "@EVERY 5M", ["2026-01-01T00:05:00Z"]],
  ["agenda, in capitals", "EVERY 1H30M", ["2026-01-01T01:30:00Z"]],
  ["crontab(5)", "0 6 * * 1-7", ["2026-01-01T06:00:00Z", "2026-01-02T06:00:00Z"]],
  ["systemd", "5min", ["2026-01-01T00:05:00Z"]],
  ["Kestra", "PT5M", ["2026-01-01T00:05:00Z"]],
  ["ISO 8601", "P1DT12H", ["2026-01-02T12:00:00Z"]],
  ["ISO 8601", "PT0.5S", ["2026-01-01T00:00:00.500Z"]],
];

/** Where it is not: what the message says to write. */
const REFUSED: readonly (readonly [from: string, text: string, equivalents: readonly string[]])[] = [
  ["cron.d", "*/5 * * * * root /usr/bin/x", ["*/5 * * * *"]],
  ["cron.d", "17 *\t* * *\troot\tcd / && run-parts /etc/cron.hourly", ["17 * * * *"]],
  ["cron.d", "@daily root test -x /usr/bin/x && /usr/bin/x", ["@daily"]],
  ["a user's crontab", "*/5 * * * * /usr/bin/x", ["*/5 * * * *"]],
  ["a user's crontab", "30 7 * * 1-5 # every morning", ["30 7 * * 1-5"]],
  ["crontab(5)", "@reboot", ["now", "@daily"]],
  ["crontab(5)", "@reboot root /usr/bin/x", ["now", "@daily"]],
  ["cronie", "0~30 3 * * *", ["H(0-30) 3 * * *"]],
  ["OpenBSD", "~ ~ * * *", ["H H * * *"]],
  ["OpenBSD", "~30/10 3~ * * *", ["H(0-30)/10 H(3-23) * * *"]],
  ["FreeBSD", "@600", ["600s", "600ms"]],
  ["Quartz", "0 0 12 ? * 2#1", ["mon#1", "tue#1"]],
  ["cron-parser", "0 12 * * 2#1", ["mon#1", "tue#1"]],
  ["cron-parser", "0 12 * * 5L", ["thuL", "friL"]],
  ["Quartz", "0 15 10 ? * 6L", ["friL", "satL"]],
  ["Quartz", "0 15 10 ? * 2-6", ["mon-fri", "tue-sat"]],
  ["Quartz", "0 15 10 ? * 2,7 2027", ["mon,sat", "tue,sun"]],
  ["Quartz", "0 15 10 ? * L", ["0 15 10 ? * sat"]],
  ["Quartz", "0 0 12 ? * 2/2", ["mon,wed,fri"]],
  ["Kubernetes", "0 0 * * 1/2", ["mon,wed,fri"]],
  ["EventBridge", "0 12 * * ? *", ["cron(0 12 * * ? *)"]],
  ["EventBridge", "0 12 ? * MON-FRI *", ["cron(0 12 ? * MON-FRI *)"]],
  ["EventBridge", "0 12 1 1 * 2030", ["0 0 12 1 1 * 2030"]],
  ["EventBridge", "at(2030-01-01T09:00:00)", ["2030-01-01T09:00:00Z"]],
  ["cron-parser", "? 4 * * *", ["* 4 * * *"]],
  ["EventBridge", "at(2030-01-01T09:00:00+01:00)", ["2030-01-01T09:00:00+01:00"]],
  ["ISO 8601", "2030-01-01T09:00:00", ["2030-01-01T09:00:00Z"]],
  ["code in a file", 'clocked("2030-01-01T09:00:00Z")', ["2030-01-01T09:00:00Z"]],
  ["code in a file", 'interval("5m")', ["5m"]],
  ["code in a file", "crontab('0 7 * * 1-5')", ["0 7 * * 1-5"]],
  ["a line with a field too few", "*/15 * * *", ["a field is missing", "*/15 * * * *"]],
  ["a line with fields too few", "0 7", ["3 fields are missing", "0 7 * * *"]],
  ["ISO 8601", "R/PT5M", ["PT5M"]],
  ["ISO 8601", "R5/2030-01-01T09:00:00Z/PT5M", ["PT5M"]],
  ["croner", "0 12 13 * +FRI", ["0 12 13 * FRI"]],
  ["pg_cron", "0 0 $ * *", ["0 0 L * *"]],
  ["APScheduler", "0 0 last * *", ["0 0 L * *"]],
  ["robfig", "@every 90", ["90s", "90ms"]],
  ["Celery", "300", ["300s", "300ms"]],
  ["systemd", "OnCalendar=Mon..Fri *-*-* 07:00:00", ["0 7 * * mon-fri"]],
  ["systemd", "*-*-01 04:30 Europe/Berlin", ["TZ=Europe/Berlin 30 4 1 * *"]],
  ["systemd", "*:0/15", ["0/15 * * * *"]],
  ["systemd", "Sat,Sun 09:05:10", ["10 5 9 * * sat,sun"]],
  ["systemd", "2030-12-24 18:00", ["0 0 18 24 12 * 2030"]],
  ["systemd", "weekly", ["0 0 * * mon"]],
  ["systemd", "daily", ["@daily"]],
  ["Azure", "00:05:00", ["5 0 * * *", "5m"]],
  ["ISO 8601", "P1M", ["@monthly"]],
  ["ISO 8601", "P3M", ["0 0 1 */3 *"]],
  ["App Engine", "every day", ["@daily"]],
];

/** Parts of texts: a time of `firstRun`, a field, an instant. */
const withContext = (part: string): string => {
  if (part === "now") return "@daily";
  if (/^\d{4}-/.test(part)) return "@daily";
  return /^(?!@|\d+m?s$|\d+m$|PT|cron\()[^ ]+$/.test(part) ? `0 0 * * ${part}` : part;
};

describe("a schedule as text that people paste", () => {
  it.each(READ)("from %s: reads %j, due at %j", (_from, text, instants) => {
    expect(next(text, instants.length)).toEqual(instants);
  });

  it.each(READ)("from %s: stores %j as JSON that is due at the same instants", (_from, text) => {
    const schedule = parseSchedule(text, [], "an entry");
    const stored = parseSchedule(JSON.parse(JSON.stringify(schedule)) as never);
    expect(stored).toEqual(schedule);
    expect(stored.next(epochMs(AFTER))).toBe(schedule.next(epochMs(AFTER)));
  });

  it.each(REFUSED)("from %s: refuses %j, and says to write %j", (_from, text, equivalents) => {
    const { code, message } = refusal(text);
    expect(code).toBe("CONFIG");
    for (const equivalent of equivalents) expect(message).toContain(equivalent);
  });

  it.each(REFUSED)("from %s: reads every equivalent of %j that its message names", (_from, text) => {
    const equivalents = quotedIn(refusal(text).message);
    for (const equivalent of equivalents) expect(next(withContext(equivalent), 1), equivalent).toHaveLength(1);
    const { message } = refusal(text);
    if (RULE.test(message)) expect(parseSchedule(ruleIn(message)).next(epochMs(AFTER))).not.toBeNull();
    expect(equivalents.length + Number(text.includes("reboot") || RULE.test(message))).toBeGreaterThan(0);
  });

  it("has cron's meaning of two day fields in the equivalent of a line with a command", () => {
    const expected = crontab("0 0 1,15 * 1", { dayMatch: "or" });
    expect(parseSchedule(ruleIn(refusal("0 0 1,15 * 1 root /usr/bin/x").message))).toEqual(expected);
  });

  it.each([
    "*/5 * * * * root backup --password=hunter2",
    "*/5 * * * * PASSWORD=hunter2 backup",
    "0 99 * * * PASSWORD=hunter2 backup all",
    "0 0 * * PASSWORD=hunter2 backup",
    "*/5 * * * backup --password=hunter2 --all",
    "@daily root backup --password=hunter2",
    "@fortnightly backup --password=hunter2",
  ])("does not show the command in %j, which may contain a secret", (text) => {
    const error = refusal(text);
    expect(`${error.message} ${String(error.cause)}`).not.toContain("hunter2");
  });

  it("has one zone", () => {
    const line = "TZ=Europe/Paris 0 9 * * *";
    expect(crontab(line, { timezone: "Europe/Paris" }).toJSON()).toEqual(crontab(line).toJSON());
    expect(crontab(line).inTimezone!("Asia/Tokyo").toJSON()).toMatchObject({ timezone: "Europe/Paris" });
    expect(() => crontab(line, { timezone: "Asia/Tokyo" })).toThrow(
      /has the zone "Europe\/Paris" in front, but timezone is "Asia\/Tokyo": give one of them/,
    );
    expect(() => crontab("TZ=Mars/Base 0 9 * * *")).toThrow(/timezone "Mars\/Base" is not a time zone/);
  });

  it("keeps the meaning of weekday numbers in JSON, where 0 is always Sunday", () => {
    for (const [expression, text] of [
      ["0 0 * * 5L", "0 0 * * friL"],
      ["0 0 * * 2#1", "0 0 * * tue#1"],
      ["0 0 12 ? * 2-6", "0 0 12 ? * tue-sat"],
    ] as const) {
      const stored = parseSchedule({ type: "crontab", expression });
      expect(stored.next(epochMs(AFTER))).toBe(parseSchedule(text).next(epochMs(AFTER)));
    }
  });

  it.each(["FREQ=DAILY", "RRULE:FREQ=WEEKLY;BYDAY=MO", "DTSTART:20300101T090000Z\nRRULE:FREQ=DAILY"])(
    "names the package that reads the RRULE %j",
    (text) => expect(refusal(text).message).toMatch(/install @beatx\/schedule-rrule and write \{ "type": "rrule"/),
  );

  it.each([
    ["0 7 * * 1-7", "0 7 * * mon-sun"],
    ["0 7 * * 5-7", "0 7 * * fri-sun"],
    ["0 7 * * wed-7/2", "0 7 * * wed-sun/2"],
    ["0 7 * * 0-7", "0 7 * * 0-6"],
  ])("shows the days of %j as %j", (text, shown) => expect(String(parseSchedule(text))).toBe(shown));

  it("names the missing field also in a call of crontab", () => {
    expect(() => crontab("*/15 * * *")).toThrow(/a field is missing: write five.*"\*\/15 \* \* \* \*"/);
  });

  it("is no interval for crontab, which says how to write one", () => {
    expect(() => crontab("@every 5m")).toThrow(/write interval\("5m"\), or "every 5m" in an entry/);
    expect(() => crontab("PT5M")).toThrow(/write interval\("5m"\)/);
  });
});
