import { readFileSync } from "node:fs";

import { type EntryInput, parseSchedule } from "@beatx/core";
import { scheduleType as solar } from "@beatx/schedule-solar";
import { describe, expect, it } from "vitest";

import { readCeleryDump, scheduleOfDump } from "./celery-dump.js";

/** Recorded from Celery 5.7 by test/python/next_runs.py. */
interface Row {
  readonly name: string;
  readonly timezone: string;
  readonly first: string;
  readonly schedule: unknown;
  readonly runs: readonly string[];
}

const rows = readFileSync(new URL("../../vectors/celery-next-runs.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Row);

/** What ephem and other sound computations may differ by. */
const SOLAR_TOLERANCE_MS = 60_000;

/** Where Celery and cron disagree, when the clocks go forward: beatx does as cron (docs/schedules.md). */
const AS_CRON = [
  // Celery runs a skipped 2:30 at 3:30, cron at 3:00.
  "Europe/Berlin crontab night",
  // Celery runs a skipped */30 right after the gap, cron not at all.
  "Europe/Berlin crontab night, wildcard",
];

describe("an imported entry of Celery", () => {
  it("is due when Celery would have sent it, for 20 runs of each kind, but as in cron where the clocks skip it", () => {
    const different = rows.filter((row) => !isSame(row)).map(({ timezone, name }) => `${timezone} ${name}`);
    expect(rows.length).toBeGreaterThan(200);
    expect(different).toEqual(AS_CRON);
  });
});

function isSame({ name, timezone, first, schedule, runs }: Row): boolean {
  const entry = { name, task: "t", schedule, args: [], kwargs: {}, options: {}, notes: [], lastRunAt: first };
  const text = JSON.stringify({ beatx: "celery-beat", format: 1, source: "configuration", timezone, scheduler: "", state: null, notes: [], entries: [entry] }); // prettier-ignore
  const { entries, refused } = scheduleOfDump(readCeleryDump(text, "vectors"), undefined, Date.parse(first));
  expect(refused).toEqual([]);
  const { entry: imported, lastRunAt } = entries[0]!;
  const ours = nextOf(imported, lastRunAt!, runs.length);
  const toleranceMs = name.startsWith("solar") ? SOLAR_TOLERANCE_MS : 1;
  return runs.length > 10 && runs.every((run, index) => Math.abs(Date.parse(run) - ours[index]!) <= toleranceMs);
}

function nextOf({ schedule }: EntryInput, from: number, count: number): number[] {
  const rule = parseSchedule(schedule as never, [solar]);
  const instants: number[] = [];
  for (let at = from; instants.length < count; instants.push(at)) at = rule.next(at)!;
  return instants;
}
