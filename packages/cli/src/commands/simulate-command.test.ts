import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { commandFolder } from "../../test/command-folder.js";
import { SCHEDULE, simulation } from "../../test/simulation.js";

const folder = commandFolder();
const { configure, printed, simulate } = simulation(folder);

describe("simulate", () => {
  beforeEach(() => configure({ schedule: SCHEDULE }));

  it("lists the next 24 hours in the zone and in UTC, with totals", async () => {
    expect(await printed()).toBe(`\
2027-03-27 10:30:00+01:00 to 2027-03-28 11:30:00+02:00 (Europe/Berlin)
clocks  +01:00 becomes +02:00 at 2027-03-28 03:00:00+02:00

Europe/Berlin              UTC              ENTRY   RESULT  REASON
2027-03-27 12:00:00+01:00  11:00:00Z        sync    sent    on time
2027-03-27 18:00:00+01:00  17:00:00Z        sync    sent    on time
2027-03-28 00:00:00+01:00  03-27 23:00:00Z  sync    sent    on time
2027-03-28 06:00:00+02:00  04:00:00Z        sync    sent    on time
2027-03-28 07:00:00+02:00  05:00:00Z        report  sent    on time

ENTRY   SENT  CAUGHT UP  SKIPPED
report  1     0          0
sync    4     0          0
`);
  });

  it("shows what an outage skips and catches up on, with the reasons", async () => {
    const range = ["--from", "2027-04-01", "--to", "2027-04-02", "--outage", "+5h..+8h", "--outage", "+11h30m..+13h"];
    const lines = (await printed(...range)).split("\n");
    expect(lines[1]).toBe("outage  2027-04-01 05:00:00+02:00 to 2027-04-01 08:00:00+02:00");
    expect(lines[2]).toBe("outage  2027-04-01 11:30:00+02:00 to 2027-04-01 13:00:00+02:00");
    expect(lines).toContain(
      '2027-04-01 08:00:00+02:00  06:00:00Z        sync    skipped 1  06:00:00  too late for missed "skip"',
    );
    expect(lines).toContain("2027-04-01 08:00:00+02:00  06:00:00Z        report  caught up  07:00:00  1h late");
    expect(lines).toContain("sync    2     0          2");
  });

  it("says which entries lose instants in a take-over, how long that takes, and the way out", async () => {
    const fast = { task: "t", schedule: "5s" };
    await folder.configure({
      lockTtlMs: 20_000,
      schedule: { fast, each: { ...fast, missed: "all" }, rare: { task: "t", schedule: "1m" } },
    });
    const text = (await folder.run(["simulate", "--to", "+1m"])).stdout;
    expect(text).toContain("\nfast is due every 5 s: a take-over after a crash takes up to 21 s, and the instants of");
    expect(text).toContain('counted as skipped; missed: "all" sends each.\n');
    await folder.configure({ schedule: { fast, b: fast, c: fast, d: fast }, store: "memcached://127.0.0.1:1" });
    const { stdout } = await folder.run(["simulate", "--to", "+1m", "--file-only", "--json"]);
    expect(JSON.parse(stdout).takeOver).toMatch(/^4 entries \(fast, b, c, …\) are due more often: .* takes up to 23 s/);
  });

  it("prints as many rows as the limit, and how to see the others", async () => {
    const text = await printed("--to", "+30d", "--limit", "3");
    expect(text.match(/ on time$/gm)).toHaveLength(3);
    expect(text).toContain("… and 147 more: --limit 150 or --json shows all\n");
    expect((await printed("--to", "+30d", "--limit", "0")).match(/ on time$/gm)).toHaveLength(150);
  });

  it("prints 500 rows by default, and everything as JSON", async () => {
    const year = ["--to", "+365d"];
    expect((await printed(...year)).match(/ on time$/gm)).toHaveLength(500);
    const { runs, entries } = JSON.parse(await printed(...year, "--json"));
    expect(runs).toHaveLength(365 * 5);
    expect(entries.map(({ sent }: { sent: number }) => sent)).toEqual([365, 365 * 4]);
  });

  it("--json has the content of the table, with ISO times", async () => {
    const range = ["--from", "2027-04-01T03:00:00Z", "--to", "+4h", "--outage", "+30m..+3h", "--json"];
    expect(JSON.parse(await printed(...range))).toEqual({
      from: "2027-04-01T03:00:00.000Z",
      to: "2027-04-01T07:00:00.000Z",
      timezone: "Europe/Berlin",
      outages: [{ from: "2027-04-01T03:30:00.000Z", to: "2027-04-01T06:00:00.000Z" }],
      entries: [
        { name: "report", sent: 0, caughtUp: 1, skipped: 0 },
        { name: "sync", sent: 0, caughtUp: 0, skipped: 1 },
      ],
      runs: [
        {
          at: "2027-04-01T06:00:00.000Z",
          entry: "sync",
          scheduledAt: "2027-04-01T04:00:00.000Z",
          kind: "skipped",
          count: 1,
          reason: 'too late for missed "skip"',
        },
        {
          at: "2027-04-01T06:00:00.000Z",
          entry: "report",
          scheduledAt: "2027-04-01T05:00:00.000Z",
          kind: "caught-up",
          reason: "1h late",
        },
      ],
    });
  });

  it("--timeline draws the range in the width of the terminal", async () => {
    const args = ["--timeline", "--entry", "sync", "--from", "2027-03-28", "--to", "2027-03-29"];
    const { stdout } = await simulate(args, { isTTY: true, columns: 58, env: { NO_COLOR: "1" } });
    expect(stdout).toContain(`
      2027-03-28
      00:00 04:00   08:00   12:00   16:00   20:00
      +---v-+-------+-------+-------+-------+-------
sync  *...|.....*...........*...........*...........

a column is 30 min  * sent (2-9: count)
| the clocks change

ENTRY  SENT  CAUGHT UP  SKIPPED
sync   4     0          0
`);
  });

  it("simulates only the named entries, and ends with exit code 3 for an unknown one", async () => {
    const { runs } = JSON.parse(await printed("--entry", "report", "--json"));
    expect(runs.map(({ entry }: { entry: string }) => entry)).toEqual(["report"]);
    const { exitCode, stdout, stderr } = await simulate(["--entry", "repot"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
    expect(stderr).toMatch(/^beatx: there is no entry "repot", neither in the configuration nor stored/);
  });

  it("says that nothing is due, and why", async () => {
    await configure({ schedule: { off: { ...SCHEDULE.report, enabled: false } } });
    const text = await printed();
    expect(text).toContain("\nNothing is due.\n");
    expect(text).toMatch(/^off +0 +0 +0 +disabled$/m);
  });

  it("without a configured zone is in the zone that the entries share, else in UTC", async () => {
    const berlin = { type: "crontab", minute: 0, hour: 7, timezone: "Europe/Berlin" };
    const tokyo = { ...berlin, timezone: "Asia/Tokyo" };
    const entries = (...rules: object[]) =>
      Object.fromEntries(rules.map((schedule, i) => [`e${i}`, { task: "a", schedule }]));
    await configure({ timezone: undefined, schedule: entries(berlin, { type: "interval", everyMs: 3_600_000 }) });
    expect(await printed("--from", "2027-07-01")).toMatch(/^2027-07-01 00:00:00\+02:00 .*\(Europe\/Berlin\)$/m);
    await configure({ timezone: undefined, schedule: entries(berlin, tokyo) });
    expect(await printed("--from", "2027-07-01")).toMatch(/^UTC {19}ENTRY/m);
  });

  it("finds types of schedule in packages beside the configuration, as a node does", async () => {
    const name = join(folder.path, "node_modules/beatx-schedule-fortnight");
    await mkdir(name, { recursive: true });
    await writeFile(join(name, "package.json"), JSON.stringify({ type: "module", exports: "./index.js" }));
    const type = `const rule = { type: "fortnight", next: (after) => (Math.floor(after / 12096e5) + 1) * 12096e5,
      toJSON: () => ({ type: "fortnight" }), toString: () => "each fortnight" };
      export const scheduleType = { type: "fortnight", parse: () => rule };`;
    await writeFile(join(name, "index.js"), type);
    await configure({ schedule: { pay: { task: "a", schedule: { type: "fortnight" } } } });
    expect(await printed("--to", "+28d")).toMatch(/^pay +2 +0 +0$/m);
    await configure({ schedule: { pay: { task: "a", schedule: { type: "century" } } } });
    const { exitCode, stderr } = await simulate();
    expect(exitCode).toBe(2);
    expect(stderr).toContain('beatx: schedule.pay.schedule: unknown schedule type "century"');
  });

  it.each([
    [["--from", "soon"], '--from "soon" is not a moment: '],
    [["--to", "-1h"], "--to (2027-03-27 09:30:00+01:00) must be later than --from (2027-03-27 10:30:00+01:00)"],
    [["--outage", "+1h"], '--outage "+1h" is not a span: expected, for example, '],
    [["--outage", "+1h..+2h..+3h"], '--outage "+1h..+2h..+3h" is not a span: expected, for example, '],
    [["--outage", "+2h..+1h"], "the end of --outage (2027-03-27 11:30:00+01:00) must be later than its beginning ("],
    [["--limit", "few"], "option '--limit <n>' argument 'few' is invalid. Expected a whole number; "],
    [["--timeline", "--json"], "option '--timeline' cannot be used with option '--json'; "],
  ])("%j is refused with exit code 2", async (args, message) => {
    const { exitCode, stdout, stderr } = await simulate(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(`beatx: ${message}`);
  });

  it("names the entry whose schedule is wrong, and hashes an H by the entry's name", async () => {
    await configure({
      schedule: { ping: { task: "a", schedule: "H 3 * * *" }, pong: { task: "a", schedule: "H 3 * *" } },
    });
    const { exitCode, stderr } = await simulate();
    expect(exitCode).toBe(2);
    expect(stderr).toContain('schedule.pong.schedule: crontab "H 3 * *" cannot be read');
    await configure({
      schedule: { ping: { task: "a", schedule: "H 3 * * *" }, pong: { task: "a", schedule: "H 3 * * *" } },
    });
    const times = [...(await printed()).matchAll(/03:(\d\d):00\+02:00 .* (ping|pong) /g)];
    expect(times.map(([, , name]) => name).sort()).toEqual(["ping", "pong"]);
    expect(times[0]![1]).not.toBe(times[1]![1]);
  });

  it("refuses a range with too many instants at once", async () => {
    await configure({ schedule: { ping: { task: "a", schedule: "100ms" } } });
    const { exitCode, stderr } = await simulate(["--to", "+10000d"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("there are more than 1000000 instants in the range: shorten it with --to");
  });

  it("accepts any range for an entry that is soon done, even with a short interval", async () => {
    await configure({ schedule: { ping: { task: "a", schedule: "1s", maxRuns: 1 } } });
    expect(await printed("--file-only", "--to", "+30d")).toMatch(/^ping +1 +0 +0$/m);
  });
});
