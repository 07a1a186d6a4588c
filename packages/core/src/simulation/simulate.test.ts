import { describe, expect, it } from "vitest";

import type { EntryInput } from "../entry/entry.js";
import { crontab, interval, type Schedule } from "../schedule/index.js";
import { simulate, type SimulateOptions } from "./simulate.js";
import type { SimulatedRun } from "./simulated-run.js";

const task = "ops.run";
const DAY = { from: "2030-01-01T00:00:00Z", to: "2030-01-02T00:00:00Z" };
const YEAR = { from: "2027-01-01T00:00:00Z", to: "2028-01-01T00:00:00Z" };

const iso = (instant: number): string => new Date(instant).toISOString().replace(".000Z", "Z");
/** `sent 12:00`, or `caught-up 12:00 at 13:00`, or `skipped 12:00 x3 at 13:00`. */
const brief = ({ kind, scheduledAt, count, at }: SimulatedRun): string => {
  const time = (instant: number): string => iso(instant).slice(11, 16);
  const when = at === scheduledAt ? "" : ` at ${time(at)}`;
  return `${kind} ${time(scheduledAt)}${count === undefined ? "" : ` x${count}`}${when}`;
};
const oneEntry = (entry: Partial<EntryInput>, options: SimulateOptions): SimulatedRun[] =>
  simulate({ one: { task, schedule: "0 * * * *", ...entry } }, options);
const countOf = (runs: readonly SimulatedRun[], entry: string): number =>
  runs.filter((run) => run.entry === entry).length;
const instantsIn = (runs: readonly SimulatedRun[]): number =>
  runs.reduce((sum, { kind, count }) => sum + (kind === "skipped" ? count! : 1), 0);

describe("simulate", () => {
  it("lists what is sent, in the order of time, from the first moment to before the last", () => {
    const runs = simulate(
      { hourly: { task, schedule: "0 */12 * * *" }, often: { task, schedule: interval("8h") } },
      { ...DAY, to: "2030-01-01T16:00:00Z" },
    );
    expect(runs.map(({ entry, at, kind, reason }) => [entry, iso(at), kind, reason])).toEqual([
      ["hourly", "2030-01-01T00:00:00Z", "sent", "on time"],
      ["often", "2030-01-01T00:00:00Z", "sent", "on time"],
      ["often", "2030-01-01T08:00:00Z", "sent", "on time"],
      ["hourly", "2030-01-01T12:00:00Z", "sent", "on time"],
    ]);
  });

  describe("a year with two changes of the clocks", () => {
    const rules: Record<string, EntryInput> = {
      "every quarter": { task, schedule: "*/15 * * * *" },
      "each hour": { task, schedule: "0 * * * *" },
      "at seven": { task, schedule: "0 7 * * *" },
      "at half past two": { task, schedule: "30 2 * * *" },
      "at half past one": { task, schedule: "30 1 * * *" },
      "any minute of two": { task, schedule: "* 2 * * *" },
      "on sundays": { task, schedule: "0 2 * * sun" },
      "each month's end": { task, schedule: "0 0 L * *" },
      "ten minutes": { task, schedule: "10m" },
    };
    // What fixed times do is the same everywhere: once a day. Of what matches whenever the wall clock does, New York skips
    // the hour of two in spring, Berlin skips it and has it twice in autumn, Lord Howe skips its first half.
    it.each([
      ["America/New_York", { "each hour": 365 * 24, "any minute of two": 364 * 60 }],
      ["Europe/Berlin", { "each hour": 365 * 24, "any minute of two": 365 * 60 }],
      ["Australia/Lord_Howe", { "each hour": 365 * 24 - 1, "any minute of two": 364 * 60 + 30 }],
    ])("in %s has the right number of runs per rule", (timezone, ofWildcards) => {
      const newYear = crontab("0 0 1 1 *", { timezone });
      const from = newYear.next(Date.parse("2026-07-01T00:00:00Z"))!;
      const runs = simulate(rules, { from, to: newYear.next(from)!, timezone });
      expect(Object.fromEntries(Object.keys(rules).map((name) => [name, countOf(runs, name)]))).toEqual({
        "every quarter": 365 * 96,
        "at seven": 365,
        "at half past two": 365,
        "at half past one": 365,
        "on sundays": 52,
        "each month's end": 12,
        "ten minutes": 365 * 144,
        ...ofWildcards,
      });
      expect(runs.every(({ kind }) => kind === "sent")).toBe(true);
      const times = runs.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    });
  });

  describe("an outage", () => {
    const outages = [{ from: "2030-01-01T02:30:00Z", to: "2030-01-01T05:30:00Z" }];
    const until = { ...DAY, to: "2030-01-01T08:00:00Z", outages };

    it('is followed by one run for all that was missed, by default and with missed: "latest"', () => {
      for (const entry of [{}, { missed: "latest" as const }]) {
        const runs = oneEntry(entry, until);
        expect(runs.map(brief)).toEqual([
          "sent 00:00",
          "sent 01:00",
          "sent 02:00",
          "skipped 03:00 x2 at 05:30",
          "caught-up 05:00 at 05:30",
          "sent 06:00",
          "sent 07:00",
        ]);
        expect(runs[3]!.reason).toBe('missed "latest" sends only the newest of the missed ones');
        expect(runs[4]!.reason).toBe('30m late: missed "latest" sends one for 3');
      }
    });

    it('is followed by every missed occurrence with missed: "all", oldest first', () => {
      const runs = oneEntry({ missed: "all" }, until);
      expect(runs.map(brief).slice(3, 6)).toEqual([
        "caught-up 03:00 at 05:30",
        "caught-up 04:00 at 05:30",
        "caught-up 05:00 at 05:30",
      ]);
      expect(runs[3]!.reason).toBe('2h30m late: missed "all" sends every missed one');
    });

    it('is followed by the newest maxCatchUp of them with missed: "all"', () => {
      const runs = oneEntry({ missed: "all", maxCatchUp: 2 }, until);
      expect(runs.map(brief).slice(3, 6)).toEqual([
        "skipped 03:00 x1 at 05:30",
        "caught-up 04:00 at 05:30",
        "caught-up 05:00 at 05:30",
      ]);
      expect(runs[3]!.reason).toBe('missed "all" sends only the newest 2 (maxCatchUp)');
    });

    it('is followed by nothing with missed: "skip", unless it is over within ten seconds of an instant', () => {
      const runs = oneEntry({ missed: "skip" }, until);
      expect(runs.map(brief).slice(3, 5)).toEqual(["skipped 03:00 x3 at 05:30", "sent 06:00"]);
      expect(runs[3]!.reason).toBe('too late for missed "skip"');
      const short = [{ from: "2030-01-01T02:30:00Z", to: "2030-01-01T03:00:09Z" }];
      const late = oneEntry({ missed: "skip" }, { ...until, outages: short })[3]!;
      expect(brief(late)).toBe("caught-up 03:00 at 03:00");
      expect(late.reason).toBe('9s late: missed "skip" still sends what is only a little late');
    });

    it("leaves what is past the deadline", () => {
      const latest = oneEntry({ deadlineMs: 60_000 }, until);
      expect(latest.map(brief).slice(3, 5)).toEqual(["skipped 03:00 x3 at 05:30", "sent 06:00"]);
      expect(latest[3]!.reason).toBe("later than deadlineMs, 1m");
      const all = oneEntry({ missed: "all", deadlineMs: 2 * 3_600_000 }, until);
      expect(all.map(brief).slice(3, 6)).toEqual([
        "skipped 03:00 x1 at 05:30",
        "caught-up 04:00 at 05:30",
        "caught-up 05:00 at 05:30",
      ]);
      expect(all[3]!.reason).toBe("later than deadlineMs, 2h");
    });

    it("may overlap another, begin before the schedule and outlast the simulation", () => {
      const overlapping = [
        { from: "2030-01-01T03:30:00Z", to: "2030-01-01T04:30:00Z" },
        { from: "2029-12-31T00:00:00Z", to: "2030-01-01T02:30:00Z" },
        { from: "2030-01-01T04:30:00Z", to: "2030-01-01T05:30:00Z" },
        { from: "2030-01-01T07:00:00Z", to: "2031-01-01T00:00:00Z" },
      ];
      expect(oneEntry({}, { ...until, outages: overlapping }).map(brief)).toEqual([
        "skipped 00:00 x2 at 02:30",
        "caught-up 02:00 at 02:30",
        "sent 03:00",
        "skipped 04:00 x1 at 05:30",
        "caught-up 05:00 at 05:30",
        "sent 06:00",
      ]);
    });

    it("loses no instant without a count, whatever the policy", () => {
      for (const missed of ["skip", "latest", "all"] as const) {
        for (const limits of [{}, { deadlineMs: 90_000 }, { maxCatchUp: 3 }]) {
          const entry = { schedule: "* * * * *", missed, ...limits };
          expect(instantsIn(oneEntry(entry, until)), JSON.stringify(entry)).toBe(8 * 60);
        }
      }
    });

    it("says so when more was missed than is counted", () => {
      const long = [{ from: "2027-02-01T00:00:00Z", to: "2027-03-01T00:00:00Z" }];
      const skipped = oneEntry({ schedule: "* * * * *" }, { ...YEAR, to: "2027-03-01T00:01:00Z", outages: long }).at(
        -2,
      )!;
      expect(skipped).toMatchObject({ kind: "skipped", atLeast: true });
    });
  });

  it("moves an entry by its jitter, and says so", () => {
    const [run] = oneEntry({ jitterMs: 600_000 }, DAY);
    const movedMs = run!.at - run!.scheduledAt;
    expect(movedMs).toBeGreaterThan(0);
    expect(movedMs).toBeLessThan(600_000);
    expect(run).toMatchObject({ kind: "sent", reason: expect.stringMatching(/^on time, moved by jitter of \d/) });
  });

  it("moves each run of an entry with spreadMs by a part of its own, and says so", () => {
    const runs = oneEntry({ spreadMs: 7_200_000 }, DAY);
    expect(runs.map(({ scheduledAt }) => scheduledAt)).toEqual(oneEntry({}, DAY).map(({ at }) => at));
    expect(new Set(runs.map(({ at, scheduledAt }) => at - scheduledAt)).size).toBeGreaterThan(20);
    for (const { at, scheduledAt, kind, reason } of runs) {
      expect(kind).toBe("sent");
      expect(at - scheduledAt).toBeLessThan(3_600_000);
      expect(reason).toMatch(/^on time, moved by spread of \d/);
    }
    expect(oneEntry({ spreadMs: 600_000, jitterMs: 600_000 }, DAY)[0]?.reason).toMatch(/moved by jitter and spread of/);
  });

  it("keeps startAt, endAt, maxRuns and enabled", () => {
    const limits = { startAt: "2030-01-01T05:00:00Z", endAt: "2030-01-01T09:00:00Z" };
    expect(oneEntry(limits, DAY).map(brief)).toEqual(
      ["05:00", "06:00", "07:00", "08:00", "09:00"].map((at) => `sent ${at}`),
    );
    expect(oneEntry({ maxRuns: 2 }, DAY).map(brief)).toEqual(["sent 00:00", "sent 01:00"]);
    expect(oneEntry({ enabled: false }, DAY)).toEqual([]);
  });

  it("looks at the named entries alone", () => {
    const schedule = { a: { task, schedule: "@daily" }, b: { task, schedule: "@daily" } };
    expect(simulate(schedule, { ...DAY, entries: ["b"] }).map(({ entry }) => entry)).toEqual(["b"]);
    expect(() => simulate(schedule, { ...DAY, entries: ["c"] })).toThrow(/no entry "c" \(the schedule has a, b\)/);
  });

  it("takes schedules of any type as objects, and as JSON with their type", () => {
    const noon = Date.parse("2030-01-01T12:00:00Z");
    const once: Schedule = {
      type: "once",
      next: (after) => (after < noon ? noon : null),
      toJSON: () => ({ type: "once" }),
      toString: () => "once",
    };
    const scheduleTypes = [{ type: "once", parse: () => once }];
    expect(oneEntry({ schedule: once }, DAY).map(brief)).toEqual(["sent 12:00"]);
    expect(oneEntry({ schedule: { type: "once" } }, { ...DAY, scheduleTypes }).map(brief)).toEqual(["sent 12:00"]);
  });

  it("reads rules in the zone it is given, unless they name one", () => {
    const options = { ...DAY, timezone: "Asia/Tokyo" };
    expect(oneEntry({ schedule: "0 7 * * *" }, options).map(brief)).toEqual(["sent 22:00"]);
    const berlin = crontab("0 7 * * *", { timezone: "Europe/Berlin" });
    expect(oneEntry({ schedule: berlin }, options).map(brief)).toEqual(["sent 06:00"]);
  });

  it.each([
    [{ ...DAY, to: DAY.from }, /^to 2030-01-01T00:00:00.000Z must be later than from/],
    [{ ...DAY, from: "soon" }, /^from "soon" is not an instant/],
    [
      { ...DAY, outages: [{ from: DAY.to, to: DAY.from }] },
      /^outages\[0\]\.to .* must be later than outages\[0\]\.from/,
    ],
    [{ ...DAY, timezone: "Nowhere" }, /"Nowhere" is not a time zone/],
  ])("refuses the options %j", (options, message) => {
    expect(() => oneEntry({}, options)).toThrow(message);
  });

  it("refuses a wrong entry by its path", () => {
    expect(() => oneEntry({ missed: "never" as never }, DAY)).toThrow(/schedule\.one\.missed/);
  });
});
