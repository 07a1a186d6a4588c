import { parseSchedule } from "@beatx/core";
import { CronTime } from "cron";
import { createTask } from "node-cron";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";

import { folderWith, testContext } from "../../test/import-context.js";
import type { ImportedSchedule, Importer } from "../base/importer.js";
import { nestjsImporter, nodeCronImporter } from "./sources.js";

async function read(importer: Importer, text: string, name = "jobs.ts", timezone = "UTC"): Promise<ImportedSchedule> {
  const cwd = await folderWith({ [name]: text });
  return importer.read([name], {}, testContext({ cwd, timezone }));
}

afterEach(() => vi.useRealTimers());

describe("sources with node-cron", () => {
  it.each([
    ["a default import", `import cron from "node-cron";\ncron.schedule("0 7 * * *", () => {}, { name: "a" });`],
    ["all of it", `import * as cron from "node-cron";\ncron.schedule("0 7 * * *", run, { name: "a" });`],
    [
      "one name, renamed",
      `import { schedule as every } from "node-cron";\nevery("0 7 * * *", () => {}, { name: "a" });`,
    ],
    ["require", `const cron = require("node-cron");\ncron.schedule("0 7 * * *", function () {}, { name: "a" });`],
    ["a part of require", `const { schedule } = require("node-cron");\nschedule("0 7 * * *", a);`],
    ["require with a default", `const cron = require("node-cron").default;\ncron.schedule("0 7 * * *", a);`],
    [
      "a constant",
      `import cron from "node-cron";\nconst AT = { daily: \`0 \${7} * * *\` } as const;\ncron.schedule(AT.daily, a);`,
    ],
    [
      "a variable that keeps it",
      `import cron from "node-cron";\nconst a = cron.schedule("0 7 * * *", async () => {});`,
    ],
  ])("are read with %s", async (_what, text) => {
    const { entries, refused } = await read(nodeCronImporter, text);
    expect(refused).toEqual([]);
    expect(entries).toMatchObject([
      { name: "a", entry: { task: "a", schedule: { minute: "0", hour: "7", timezone: "UTC" } } },
    ]);
  });

  it("keep zone, limits and whether they run", async () => {
    const text = `import cron from "node-cron";
cron.schedule("*/10 * * * * *", poll, { timezone: "Europe/Berlin", noOverlap: true, maxExecutions: 5, maxRandomDelay: 2000 });
cron.schedule("30 2 * * *", nightly, { scheduled: false, timezone: "America/New_York" });`;
    const { entries } = await read(nodeCronImporter, text);
    expect(entries[0]!.entry).toMatchObject({
      task: "poll",
      maxRuns: 5,
      spreadMs: 2000,
      schedule: { expression: "*/10 * * * * *" },
    });
    expect(entries[0]!.notes).toEqual([expect.stringContaining("must not overlap")]);
    expect(entries[1]!.entry).toMatchObject({ enabled: false });
    expect(entries[1]!.notes).toEqual([
      expect.stringContaining("--enabled"),
      expect.stringContaining("the clocks change"),
    ]);
  });

  it("name what is known only when they run, with file and line, and go on", async () => {
    const text = `import cron from "node-cron";
cron.schedule(process.env.AT, a);
cron.schedule(rules[0], b, {
  timezone: zoneOf(user),
});
other.schedule("0 7 * * *", c);
cron.schedule("61 * * * *", d);
cron.schedule("0 7 * * *", e, { timezone: process.env.TZ });
cron.schedule("0 8 * * *", f);`;
    const { entries, refused } = await read(nodeCronImporter, text);
    expect(entries.map(({ name }) => name)).toEqual(["f"]);
    expect(refused).toEqual([
      {
        name: "jobs.ts:2",
        reason: "it cannot be read without running it: process.env.AT is known only when the program runs",
      },
      { name: "jobs.ts:3", reason: expect.stringContaining("known only when the program runs") },
      { name: "jobs.ts:8", reason: expect.stringContaining("process.env.TZ") },
      { name: "jobs.ts:7", reason: expect.stringContaining('minute "61"') },
    ]);
  });

  it("that are no JavaScript are an error with the line", async () => {
    await expect(read(nodeCronImporter, "const a = 1;\nconst = 2;")).rejects.toThrow(
      /^jobs\.ts:2: it cannot be read: /,
    );
  });

  it("are jobs of the package cron, too", async () => {
    const text = `import { CronJob } from "cron";
new CronJob("0 0 13 * 5", run, null, true, "Europe/Berlin");
const tidy = CronJob.from({ cronTime: "0 */5 * * * *", onTick: () => {}, start: true, timeZone: "UTC" });`;
    const { entries, refused } = await read(nodeCronImporter, text);
    expect(refused).toEqual([]);
    expect(entries.map(({ name, entry }) => [name, entry.schedule])).toEqual([
      ["run", { type: "crontab", expression: "0 0 13 * 5", dayMatch: "or", timezone: "Europe/Berlin" }],
      ["tidy", expect.objectContaining({ minute: "*/5" })],
    ]);
  });
});

describe("sources with @nestjs/schedule", () => {
  it("have decorators on methods", async () => {
    const text = `import { Injectable } from "@nestjs/common";
import { Cron, CronExpression as Every, Interval, Timeout } from "@nestjs/schedule";
@Injectable()
export class MailService {
  constructor(private readonly mailer: Mailer) {}
  @Cron(Every.EVERY_DAY_AT_7AM, { name: "mails", timeZone: "Europe/Berlin" })
  async send(): Promise<void> {}
  @Cron("45 * * * * *", { disabled: true })
  poll() {}
  @Interval("beat", 10 * 1000)
  beat() {}
  @Interval(5000)
  other() {}
  @Timeout(3000)
  once() {}
  @Cron(this.config.get("AT"))
  late() {}
}`;
    const { entries, refused, notes } = await read(nestjsImporter, text, "mail.service.ts");
    expect(entries.map(({ name, entry }) => [name, entry.schedule, entry.enabled ?? true])).toEqual([
      ["mails", expect.objectContaining({ hour: "07", timezone: "Europe/Berlin" }), true],
      ["MailService.poll", expect.objectContaining({ expression: "45 * * * * *" }), false],
      ["beat", { type: "interval", everyMs: 10_000 }, true],
      ["MailService.other", { type: "interval", everyMs: 5_000 }, true],
    ]);
    expect(refused).toEqual([
      { name: "mail.service.ts:16", reason: expect.stringContaining("known only when the program runs") },
      { name: "mail.service.ts:14", reason: expect.stringContaining("a timeout runs once") },
    ]);
    expect(notes).toEqual([
      'provide workers or handlers of the tasks "mails", "MailService.poll", "beat", "MailService.other"',
    ]);
  });
});

/** Rules, and moments around which they are compared: ordinary days, and both changes of the clocks in two zones. */
const RULES = [
  "0 7 * * 1-5", "*/15 * * * *", "30 */6 1,15 * *", "0 0 13 * 5", "0 12 * * 0", "0 12 * * 7", "5 4 * * sun", "0 22 * 1-3 mon,wed",
  "15 10 28 2 *", "0 0 1 */3 *", "*/20 30 9 * * 2", "10-40/10 8-10 * * *", "59 23 31 12 *", "0 9 */10 * *",
]; // prettier-ignore
const STARTS = ["2026-01-15T11:59:30Z", "2027-02-27T23:00:00Z", "2027-10-31T12:00:00Z", "2028-02-28T00:00:00Z"];
const ZONES = ["UTC", "Europe/Berlin", "America/New_York"];
const CASES = RULES.flatMap((rule) => ZONES.map((zone) => [rule, zone] as const));

function nextOf(imported: ImportedSchedule, count: number, from: number): number[] {
  const rule = parseSchedule(imported.entries[0]!.entry.schedule as never);
  const instants: number[] = [];
  for (let at = from; instants.length < count; instants.push(at)) at = rule.next(at)!;
  return instants;
}

describe("an imported rule is due when its own package says", () => {
  it.each(CASES)("node-cron: %s in %s", async (rule, zone) => {
    const imported = await read(
      nodeCronImporter,
      `import cron from "node-cron"; cron.schedule("${rule}", a);`,
      "a.ts",
      zone,
    );
    const task = createTask(rule, () => undefined, { timezone: zone });
    await task.start();
    onTestFinished(() => void task.destroy());
    vi.useFakeTimers({ toFake: ["Date"] });
    for (const start of STARTS.map((text) => Date.parse(text))) {
      const expected: number[] = [];
      for (let at = start; expected.length < 6; expected.push(at)) {
        vi.setSystemTime(at);
        at = task.getNextRun()!.getTime();
      }
      expect(nextOf(imported, 6, start)).toEqual(expected);
    }
  });

  it.each(CASES)("cron, also in Nest: %s in %s", async (rule, zone) => {
    const text = `import { Cron } from "@nestjs/schedule"; class A { @Cron("${rule}") a() {} }`;
    const imported = await read(nestjsImporter, text, "a.ts", zone);
    const time = new CronTime(rule, zone);
    for (const start of STARTS.map((text) => Date.parse(text))) {
      const expected: number[] = [];
      for (let at = start; expected.length < 6; expected.push(at))
        at = time.getNextDateFrom(new Date(at), zone).toMillis();
      expect(nextOf(imported, 6, start)).toEqual(expected);
    }
  });
});
