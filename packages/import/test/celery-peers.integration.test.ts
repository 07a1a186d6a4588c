import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { promisify } from "node:util";

import { type EntryInput, parseSchedule, systemClock } from "@beatx/core";
import { scheduleType as rrule } from "@beatx/schedule-rrule";
import { type RedisServer, runToEnd, startRedis, temporaryFolder } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { ImportedSchedule, ImporterOptions } from "../src/base/importer.js";
import { importers } from "../src/index.js";
import { findTestPython, GOLDEN, MOVING } from "./celery-python.js";
import { testContext } from "./import-context.js";

const python = await findTestPython();
const SYSTEM_PYTHON = "/usr/bin/python3";

/** What a script prints to stdout. */
async function outputOf(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
  return (await promisify(execFile)(python.program, ["-B", ...args], options)).stdout;
}

function read(
  kind: string,
  sources: readonly string[],
  options: ImporterOptions,
  cwd = MOVING,
): Promise<ImportedSchedule> {
  const importer = importers.find((each) => each.kind === kind)!;
  return importer.read(sources, { python: python.program, ...options }, testContext({ cwd, clock: systemClock }));
}

function nextOf({ schedule }: EntryInput, from: number, count: number): number[] {
  const rule = parseSchedule(schedule as never, [rrule]);
  const instants: number[] = [];
  for (let at = rule.next(from); at !== null && instants.length < count; at = rule.next(at)) instants.push(at);
  return instants;
}

const byName = ({ entries }: ImportedSchedule): Record<string, ImportedSchedule["entries"][number]> =>
  Object.fromEntries(entries.map((entry) => [entry.name, entry]));

describe("Celery", () => {
  it.skipIf(!python.hasPeers)("still answers what was recorded", async () => {
    const vectors = await readFile(new URL("../vectors/celery-next-runs.jsonl", import.meta.url), "utf8");
    const recorded = vectors.split("\n").filter((line) => line.includes('"timezone":"Europe/Berlin"'));
    const rows = await outputOf(["../next_runs.py", "schedule", "2027-03-26T10:20:30.123456+00:00", "20"], GOLDEN, { ZONE: "Europe/Berlin" }); // prettier-ignore
    const withoutSun = rows.split("\n").filter((line) => line !== "" && !line.includes('"name":"solar'));
    expect(withoutSun).toEqual(recorded);
  });

  it("of the distribution is read as well, and from a file that its script has printed", async () => {
    process.env["ZONE"] = "America/New_York";
    const options = { application: "plain", python: SYSTEM_PYTHON, state: false };
    const read1 = await read("celery-beat", [], options, GOLDEN);
    const { weekdays, added, odd } = byName(read1);
    expect(weekdays!.entry.schedule).toEqual({ type: "crontab", minute: "30", hour: "6", dayOfWeek: "mon-fri", timezone: "America/New_York" }); // prettier-ignore
    expect(weekdays!.entry.options).toEqual({ queue: "mail", headers: { a: 1 }, priority: 3 });
    expect(added!.entry).toMatchObject({ task: "plain.slow", kwargs: { k: 1 } });
    // From the class of the task.
    expect(added!.entry.options).toEqual({ queue: "slow", expires: 30, ignore_result: true, time_limit: 9 });
    expect(odd!.entry.args).toEqual([[1, 2], "2026-01-01T00:00:00"]);
    expect(read1.refused.map(({ name, reason }) => [name, reason.split(":")[0]])).toEqual([
      ["bytes", expect.stringContaining("args cannot be sent as JSON")],
      ["large", "args cannot be sent as JSON"],
      ["mine", "its schedule is a plain.Mine of the application"],
      ["nan", "kwargs cannot be sent as JSON"],
    ]);

    const script = (await importers.find(({ kind }) => kind === "celery-beat")!.text!({ script: true }))!;
    const run = await promisify(execFile)(SYSTEM_PYTHON, ["-B", "-c", script, "--app", "plain", "--no-state"], { cwd: GOLDEN }); // prettier-ignore
    const context = testContext({ clock: systemClock, readStdin: () => Promise.resolve(run.stdout) });
    const again = await importers.find(({ kind }) => kind === "celery-beat")!.read(["-"], {}, context);
    expect(again.entries.map(({ name }) => name)).toEqual(read1.entries.map(({ name }) => name));
  });

  it("that cannot be loaded is named, with the reason", async () => {
    const wrong = (options: ImporterOptions): Promise<ImportedSchedule> => read("celery-beat", [], options, GOLDEN);
    const system = { python: SYSTEM_PYTHON };
    await expect(wrong({ application: "missing", ...system })).rejects.toThrow("'missing' cannot be loaded");
    await expect(wrong({ application: "plain", python: "/no/python" })).rejects.toThrow(
      "there is no Python at /no/python",
    );
    await expect(wrong({ application: "plain", state: "none", ...system })).rejects.toThrow("there is no file none");
    await expect(wrong({ application: "plain", django: true, ...system })).rejects.toThrow(
      "tables of django-celery-beat",
    );
    await expect(wrong({})).rejects.toThrow("give either the application");
  });
});

describe.skipIf(!python.hasPeers)("the tables of django-celery-beat", () => {
  it("keep what an entry of beatx can say", async () => {
    const folder = await temporaryFolder("django");
    const env = { BROKER: "memory://", DATABASE: `${folder}/tables.sqlite3`, ZONE: "Europe/Berlin" };
    try {
      await runToEnd(python.program, ["-B", "django_fill.py"], { install: "", cwd: MOVING, env: { ...process.env, ...env } }); // prettier-ignore
      Object.assign(process.env, env);
      const { off, once, sun, tokyo, two } = byName(await read("celery-beat", [], { application: "django_proj" }));
      expect(off!.entry).toMatchObject({ enabled: false, description: "not now" });
      expect(once!.entry).toMatchObject({ maxRuns: 1, schedule: { type: "clocked", at: "2099-01-01T00:00:00.000Z" } });
      expect(sun!.entry).toMatchObject({
        endAt: "2098-12-31T23:59:59.999Z",
        schedule: { type: "solar", event: "sunset", latitude: 52.52, longitude: 13.405 },
      });
      expect(tokyo!.entry).toEqual({
        task: "tasks.tokyo",
        schedule: { type: "crontab", minute: "30", hour: "9", dayOfWeek: "mon-fri", timezone: "Asia/Tokyo" },
        kwargs: { a: [1] },
        options: { priority: 5, headers: { x: "y", periodic_task_name: "tokyo" }, expires: 60 },
        startAt: "2099-01-01T00:00:00.000Z",
      });
      expect(two!.entry.options).toEqual({ headers: { periodic_task_name: "two" }, queue: "q" });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!python.hasPeers)("RedBeat", () => {
  let redis: RedisServer;
  beforeAll(async () => void (redis = await startRedis()));
  afterAll(() => redis.stop());

  it("would run each of its own entries when the imported one is due", async () => {
    const uri = `redis://127.0.0.1:${redis.port}/3`;
    const env = { BROKER: "memory://", STORE: uri, ZONE: "America/New_York" };
    const runs = JSON.parse(await outputOf(["redbeat_fill.py"], MOVING, env)) as Record<string, string[]>;
    const imported = await read("redbeat", [uri], { keyPrefix: "redbeat:" });
    await imported.close?.();
    expect(imported.refused).toEqual([]);
    expect(imported.notes[0]).toContain("crontabs are read in America/New_York");
    const entries = byName(imported);
    for (const [name, theirs] of Object.entries(runs)) {
      const { entry, lastRunAt } = entries[name]!;
      const ours = nextOf(entry, lastRunAt!, 20);
      expect([name, ours]).toEqual([name, theirs.map((run) => Math.floor(Date.parse(run)))]);
    }
    expect(runs["rrule until"]).toHaveLength(6);
    expect(entries["off"]!.entry.enabled).toBe(false);
    expect(entries["rrule"]!.entry).toMatchObject({
      args: [{ __type__: "datetime", __value__: "2027-03-01T05:20:30.123456-05:00" }],
      kwargs: { a: 1 },
      options: { queue: "q" },
    });
    const routed = await read("redbeat", [uri], { keyPrefix: "redbeat:", application: "routed" });
    await routed.close?.();
    expect(byName(routed)["off"]!.entry.options).toEqual({ queue: "chosen" });
    // What the entry says comes before the routes.
    expect(byName(routed)["rrule"]!.entry.options).toEqual({ queue: "q" });
    await expect(read("redbeat", [uri], { keyPrefix: "other:" })).rejects.toThrow("there is no key other::schedule");
  });
});

describe("celery-beatx on Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => void (redis = await startRedis()));
  afterAll(() => redis.stop());

  it("is read in the zone that the user names, unless an entry would have run in the future there", async () => {
    const schedule = { __type__: "crontab", __value__: "[0, 30]\t4\tmon\t*\t*" };
    const wallClock = new Date().toISOString().replace("T", " ").replace("Z", "000");
    const entry = { name: "a", task: "other.limited", schedule, args: [], kwargs: {}, last_run_at: wallClock, total_run_count: 1, options: {} }; // prettier-ignore
    await redis.cli("HSET", "celery:schedule", "a", JSON.stringify(entry), "b", '{"task":"t","schedule":null}');
    const uri = `redis://127.0.0.1:${redis.port}/0`;
    const beatx = importers.find(({ kind }) => kind === "celery-beatx")!;
    const readIn = (timezone: string | undefined): Promise<ImportedSchedule> => {
      const options = { application: "routed", python: SYSTEM_PYTHON };
      return beatx.read([uri], options, testContext({ cwd: MOVING, clock: systemClock, timezone }));
    };
    await expect(readIn(undefined)).rejects.toThrow("give the application's by --timezone");
    await expect(readIn("America/New_York")).rejects.toThrow("America/New_York is not the application's zone");
    const { entries, refused, close } = await readIn("UTC");
    await close?.();
    expect(entries.map(({ entry: each }) => each)).toEqual([
      {
        task: "other.limited",
        schedule: { type: "crontab", minute: "0,30", hour: "4", dayOfWeek: "mon", timezone: "UTC" },
        options: { time_limit: 7 },
      },
    ]);
    expect(refused).toEqual([{ name: "b", reason: expect.stringContaining("none of celery-beatx: null") }]);
  });
});
