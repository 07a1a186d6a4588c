import { describe, expect, it } from "vitest";

import { createClient } from "../../src/client/store-client.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { allOf, anyOf, calendar, crontab, interval } from "../../src/schedule/index.js";
import { planSchedule } from "../../src/simulation/planned-schedule.js";
import { simulate } from "../../src/simulation/simulate.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { world } from "../world.js";

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** The day on which the clocks of a zone change. */
const CHANGES = [
  ["Europe/Berlin", "2027-03-28"],
  ["Europe/Berlin", "2027-10-31"],
  ["America/New_York", "2027-03-14"],
  ["America/New_York", "2027-11-07"],
  ["Australia/Lord_Howe", "2027-04-04"],
  ["Australia/Lord_Howe", "2027-10-03"],
  ["Pacific/Apia", "2011-09-24"],
  ["Pacific/Apia", "2011-12-30"],
] as const;

const textOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

function entries(day: string): Record<string, EntryInput> {
  const at = Date.parse(day);
  const [before, after] = [textOf(at - DAY), textOf(at + DAY)];
  const policy = { task: "t", missed: "all" } as const;
  const around = [`${before}/${day}`];
  return {
    dropped: { ...policy, schedule: "30 2 * * *", except: [day] },
    later: { ...policy, schedule: "30 1,2,3 * * *", except: around, onExcluded: "next-day" },
    onTheChange: { ...policy, schedule: "*/30 1-3 * * *", except: [before], onExcluded: "next-day" },
    earlier: { ...policy, schedule: "15 2 * * *", except: [day, after.slice(5)], onExcluded: "previous-day" },
    backOnTheChange: { ...policy, schedule: "30 2 * * *", except: [after], onExcluded: "previous-day" },
    real: { ...policy, schedule: interval("7h"), except: [{ calendar: "company" }], onExcluded: "next-day" },
    either: { ...policy, schedule: anyOf("30 2 * * *", "*/90 * * * *", interval("5h")), except: around },
    both: { ...policy, schedule: allOf(crontab("*/20 * * * *"), crontab("*/30 0-6 * * *")), except: [before] },
  };
}

describe("days without runs", () => {
  it.each(CHANGES)("are the same for the leader, next, and a simulation in %s on %s", async (timezone, day) => {
    const [from, to] = [Date.parse(day) - 2 * DAY, Date.parse(day) + 3 * DAY];
    const schedule = entries(day);
    const scheduleTypes = [calendar("company", [day, `${textOf(from)}/${textOf(from + DAY)}`])];
    const { clock, lead, connect } = world(new FakeClock(from));
    const publisher = recordingPublisher();
    await lead({ schedule, timezone, scheduleTypes, publisher });
    // Another node, or command, in another zone: what is stored says all.
    const client = createClient({ store: connect(), clock, timezone: "Asia/Tokyo", scheduleTypes });
    const next = new Map<string, number[]>();
    for (const name of Object.keys(schedule)) {
      const upcoming = (await client.next(name, 500)).map(({ scheduledAt }) => scheduledAt);
      next.set(
        name,
        upcoming.filter((at) => at < to),
      );
    }
    const runs = simulate(schedule, { from: from + 10, to, timezone, scheduleTypes });
    const { entries: planned } = planSchedule({ schedule, timezone, scheduleTypes }, undefined, from + 10);
    // The machine sleeps most of the time; each time it sends all that it has missed, one term after the other.
    while (clock.now() < to - 13 * HOUR) {
      await clock.advance(20_000);
      clock.stepWallClock(13 * HOUR);
    }
    await clock.advance(20_000);
    clock.stepWallClock(to - 30_000 - clock.now());
    await clock.advance(29_000);
    for (const name of Object.keys(schedule)) {
      const ofLeader = publisher.messages.filter(({ entry }) => entry === name).map(({ scheduledAt }) => scheduledAt);
      expect(ofLeader.length, name).toBeGreaterThan(1);
      expect(ofLeader, name).toEqual(next.get(name));
      expect(
        runs.filter(({ entry }) => entry === name).map(({ kind, scheduledAt }) => `${kind} ${scheduledAt}`),
        name,
      ).toEqual(ofLeader.map((at) => `sent ${at}`));
      const rule = planned.get(name)!.rule;
      expect(rule.next(ofLeader[0]!), name).toBe(ofLeader[1]);
    }
  });

  it("move an occurrence to the next or the day before, over the end of the exclusion", () => {
    const at = (onExcluded: "skip" | "next-day" | "previous-day"): string[] =>
      simulate(
        { a: { task: "t", schedule: "30 2 * * *", except: ["2027-03-26/2027-03-27"], onExcluded } },
        { from: "2027-03-25T00:00:00Z", to: "2027-03-30T00:00:00Z", timezone: "Europe/Berlin" },
      ).map(({ scheduledAt }) => new Date(scheduledAt).toISOString().slice(5, 16));
    // 2:30 of the 28th is skipped by the clocks: both are one at 3:00.
    expect(at("skip")).toEqual(["03-25T01:30", "03-28T01:00", "03-29T00:30"]);
    expect(at("next-day")).toEqual(["03-25T01:30", "03-28T01:00", "03-29T00:30"]);
    expect(at("previous-day")).toEqual(["03-25T01:30", "03-28T01:00", "03-29T00:30"]);
    const friday = simulate(
      { a: { task: "t", schedule: "0 9 * * fri", except: ["2026-12-25/2026-12-27"], onExcluded: "next-day" } },
      { from: "2026-12-20T00:00:00Z", to: "2027-01-02T00:00:00Z" },
    );
    expect(friday.map(({ scheduledAt }) => textOf(scheduledAt))).toEqual(["2026-12-28", "2027-01-01"]);
  });

  it("end a rule that has no other days, and a clocked one", async () => {
    const never = simulate(
      {
        a: { task: "t", schedule: "0 9 24 12 *", except: ["12-24"] },
        b: {
          task: "t",
          schedule: "5m",
          except: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
          onExcluded: "next-day",
        },
        c: { task: "t", schedule: { type: "clocked", at: "2030-01-31T09:00:00Z" }, except: ["2030-01-31"] },
        d: { task: "t", schedule: "0 9 25 12 *", except: [{ calendar: "company" }] },
        e: { task: "t", schedule: "1h", except: ["2000-01-01/9999-12-31"], onExcluded: "next-day" },
      },
      { from: "2030-01-01T00:00:00Z", to: "2035-01-01T00:00:00Z", scheduleTypes: [calendar("company", ["12-25"])] },
    );
    expect(never).toEqual([]);
    const { client } = world();
    await expect(
      client.put("c", { task: "t", schedule: { type: "clocked", at: "2030-01-31T09:00:00Z" }, except: ["2030-01-31"] }),
    ).rejects.toThrow(/never run/);
  });

  it("are not those of a requested run, but those of a backfill", async () => {
    const { client, lead, clock, sent } = world();
    await lead();
    const hourly = { task: "t", schedule: "1h", except: ["2029-12-31", "2030-01-01"] };
    await client.put("a", hourly);
    await client.runNow("a");
    await clock.advance(3 * HOUR);
    expect(sent()).toHaveLength(1);
    const range = { from: "2029-12-30T22:30:00Z", to: "2029-12-31T12:00:00Z" };
    expect(await client.backfill("a", range)).toMatchObject({ total: 1 });
    await clock.advance(HOUR);
    expect(sent().slice(1)).toEqual([`a@${(Date.parse("2029-12-30T23:00:00Z") - Date.parse("2030-01-01")) / 1000}`]);
  });
});
