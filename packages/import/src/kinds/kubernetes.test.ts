import { parseSchedule } from "@beatx/core";
import { describe, expect, it } from "vitest";

import { testContext } from "../../test/import-context.js";
import type { ImportedSchedule } from "../base/importer.js";
import { goDuration } from "../manifest/go-duration.js";
import { kubernetesImporter } from "./kubernetes.js";
import { vercelImporter } from "./vercel.js";

function read(
  text: string,
  options: Record<string, string | boolean> = {},
  timezone?: string,
): Promise<ImportedSchedule> {
  const context = testContext({ timezone, readStdin: () => Promise.resolve(text) });
  return kubernetesImporter.read(["-"], { task: "kubernetes.job", ...options }, context);
}

/** A manifest with these lines in its spec. */
const manifest = (spec: string, more = ""): string => `apiVersion: batch/v1
kind: CronJob
metadata:
  name: report
spec:
${spec
  .split("\n")
  .map((line) => `  ${line}`)
  .join("\n")}
${more}`;

function nextOf({ entries }: ImportedSchedule, count: number, from: string): string[] {
  const rule = parseSchedule(entries[0]!.entry.schedule as never);
  const instants: string[] = [];
  for (let at = Date.parse(from); instants.length < count; instants.push(new Date(at).toISOString()))
    at = rule.next(at)!;
  return instants;
}

const LIVE = `apiVersion: v1
kind: List
items:
- apiVersion: batch/v1
  kind: CronJob
  metadata:
    name: backup
    namespace: db
    creationTimestamp: "2025-01-01T00:00:00Z"
  spec:
    schedule: "30 2 * * *"
    timeZone: Europe/Berlin
    concurrencyPolicy: Forbid
    startingDeadlineSeconds: 200
    suspend: true
    jobTemplate:
      spec:
        template:
          spec:
            containers:
            - name: dump
              image: postgres:16
              command: ["pg_dump"]
              args: ["shop"]
              env:
              - name: PGPASSWORD
                value: secret
            - name: sidecar
              image: envoy
  status:
    lastScheduleTime: "2026-01-15T01:30:00Z"
- apiVersion: v1
  kind: Service
  metadata: { name: web }
`;

describe("manifests of Kubernetes", () => {
  it("of a cluster keep rule, zone, suspension, deadline and the last run", async () => {
    const { entries, refused, notes } = await read(LIVE);
    expect(refused).toEqual([]);
    expect(entries).toEqual([
      {
        name: "db.backup",
        entry: {
          task: "kubernetes.job",
          schedule: { type: "crontab", minute: "30", hour: "2", dayOfMonth: "*", monthOfYear: "*", dayOfWeek: "*", timezone: "Europe/Berlin" },
          args: ["db", "backup"],
          kwargs: { image: "postgres:16", command: ["pg_dump"], args: ["shop"] },
          deadlineMs: 200_000,
          description: "CronJob db/backup",
        },
        paused: true,
        lastRunAt: Date.parse("2026-01-15T01:30:00Z"),
        notes: [
          "2 containers: only the first one is in the keyword arguments",
          expect.stringContaining("concurrencyPolicy: Forbid is not kept"),
          expect.stringContaining("Kubernetes does not run it"),
          expect.stringContaining("Kubernetes runs it twice"),
        ],
      },
    ]); // prettier-ignore
    expect(notes).toEqual([expect.stringContaining('"kubernetes.job"')]);
    expect(JSON.stringify(entries)).not.toContain("secret");
    expect((await read(LIVE, { resume: true })).entries[0]!.paused).toBe(false);
  });

  it("are several documents, of old versions, and JSON", async () => {
    const beta = manifest('schedule: "@hourly"').replace("batch/v1", "batch/v1beta1");
    const { entries } = await read(
      `# comment\n${beta}---\n${manifest('schedule: "TZ=Asia/Tokyo 0 9 * * *"')}---\nkind: Deployment\n`,
    );
    expect(entries.map(({ name, entry }) => [name, entry.schedule])).toEqual([
      ["report", expect.objectContaining({ minute: "0", hour: "*", timezone: "UTC" })],
      ["report-2", expect.objectContaining({ hour: "9", timezone: "Asia/Tokyo" })],
    ]);
    expect(entries[0]!.notes).toEqual([expect.stringContaining("no timeZone")]);
    const json = JSON.stringify({
      kind: "CronJobList",
      items: [{ metadata: { name: "x" }, spec: { schedule: "0 1 * * *" } }],
    });
    expect((await read(json, {}, "Europe/Berlin")).entries).toMatchObject([
      { name: "x", entry: { schedule: { timezone: "Europe/Berlin" } }, lastRunAt: null },
    ]);
  });

  it.each([
    // Facts of robfig/cron v3: only a star alone restricts nothing, so a step restricts, and either kind of day is enough.
    ["0 0 13 * 5", ["2026-01-02", "2026-01-09", "2026-01-13", "2026-01-16"]],
    ["0 0 */10 * 1", ["2026-01-05", "2026-01-11", "2026-01-12", "2026-01-19"]],
    ["0 0 ? * 1/2", ["2026-01-02", "2026-01-05", "2026-01-07", "2026-01-09"]],
    ["0 0 */1 * 5", ["2026-01-02", "2026-01-09", "2026-01-16", "2026-01-23"]],
    ["0 0 5/10 * *", ["2026-01-05", "2026-01-15", "2026-01-25", "2026-02-05"]],
  ])("%s is due on %j", async (schedule, days) => {
    const imported = await read(manifest(`schedule: "${schedule}"\ntimeZone: UTC`));
    expect(imported.refused).toEqual([]);
    expect(nextOf(imported, 4, "2026-01-01T12:00:00Z")).toEqual(days.map((day) => `${day}T00:00:00.000Z`));
  });

  it("with @every count from the last run", async () => {
    const text = manifest('schedule: "@every 1h30m"', 'status:\n  lastScheduleTime: "2026-01-15T00:10:05Z"\n');
    expect(nextOf(await read(text), 2, "2026-01-15T00:10:05Z")).toEqual([
      "2026-01-15T01:40:05.000Z",
      "2026-01-15T03:10:05.000Z",
    ]);
  });

  it("that are wrong are named, and the others go on", async () => {
    const wrong = [
      'schedule: "61 * * * *"',
      "suspend: true",
      'schedule: "@every soon"',
      'schedule: "0 1 * * *"\ntimeZone: Mars/X',
    ];
    const { entries, refused } = await read(
      [...wrong, 'schedule: "0 1 * * *"'].map((spec) => manifest(spec)).join("---\n"),
    );
    expect(entries).toHaveLength(1);
    expect(refused.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('minute "61"'),
      expect.stringContaining("spec.schedule is missing"),
      expect.stringContaining("is no duration"),
      expect.stringContaining('"Mars/X" is no time zone'),
    ]);
    expect(refused.map(({ name }) => name)).toEqual([
      "stdin:1 (default/report)",
      "stdin:8 (default/report)",
      "stdin:15 (default/report)",
      "stdin:22 (default/report)",
    ]);
  });

  it("that are no YAML are an error with the line", async () => {
    await expect(read("kind: CronJob\nspec: [1, 2\nname: x")).rejects.toThrow(/^stdin:3: this is no YAML/);
  });
});

describe("a duration of Go", () => {
  it.each([
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["90s", 90_000],
    ["100ms", 100],
    ["soon", null],
    ["10", null],
  ])("%s is %s ms", (text, ms) => {
    expect(goDuration(text)).toBe(ms);
  });
});

describe("vercel.json", () => {
  const readVercel = (text: string, options: Record<string, string> = {}): Promise<ImportedSchedule> =>
    vercelImporter.read(
      ["-"],
      { task: "http.get", ...options },
      testContext({ readStdin: () => Promise.resolve(text) }),
    );

  it("has crons, whose times are in UTC", async () => {
    const text = JSON.stringify({
      crons: [
        { path: "/api/cron/daily?full=1", schedule: "0 5 * * *" },
        { path: "/", schedule: "*/15 * * * 1-5" },
      ],
    });
    const { entries, refused, notes } = await readVercel(text, { url: "https://shop.example.com/" });
    expect(refused).toEqual([]);
    expect(entries.map(({ name, entry }) => [name, entry.args, entry.schedule])).toEqual([
      [
        "api-cron-daily-full-1",
        ["https://shop.example.com/api/cron/daily?full=1"],
        expect.objectContaining({ hour: "5", timezone: "UTC" }),
      ],
      ["cron", ["https://shop.example.com/"], expect.objectContaining({ minute: "*/15", dayOfWeek: "1-5" })],
    ]);
    expect(notes).toEqual([expect.stringContaining("the URL in its first argument")]);
  });

  it("that is damaged is named, as far as it is", async () => {
    await expect(readVercel("{")).rejects.toThrow("stdin: it is not valid JSON");
    await expect(readVercel("{}")).rejects.toThrow('stdin: it has no "crons"');
    const { refused } = await readVercel(
      JSON.stringify({
        crons: [{ path: "x", schedule: "* * * * *" }, { path: "/a" }, null, { path: "/b", schedule: "daily" }],
      }),
    );
    expect(refused.map(({ name }) => name)).toEqual([0, 1, 2, 3].map((index) => `stdin: crons[${index}]`));
  });
});
