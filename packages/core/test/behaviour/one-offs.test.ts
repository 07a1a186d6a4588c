import { describe, expect, it } from "vitest";

import { createClient } from "../../src/client/store-client.js";
import { clocked } from "../../src/schedule/index.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { simulate } from "../../src/simulation/simulate.js";
import { notingLogger, START, world } from "../world.js";

const HOUR_MS = 3_600_000;
const once = (at: number, fields: Partial<EntryInput> = {}): EntryInput => ({
  task: "t",
  schedule: clocked(at),
  ...fields,
});

/** A cluster that leads since a minute before `now`, the moment in question. */
async function running(schedule: Record<string, EntryInput> = {}) {
  const shared = world();
  const lines: string[] = [];
  const beat = await shared.lead({ schedule, logger: notingLogger(lines) });
  const missed: [string, number][] = [];
  beat.on("missed", ({ entry, count }) => missed.push([entry, count]));
  await shared.clock.advance(2 * HOUR_MS - 10);
  const now = shared.clock.now();
  return { ...shared, beat, lines, missed, now };
}

describe("a one-off that a client puts", () => {
  it.each([0, 1, 20, 1_000, 60_000])("%i ms after its moment runs at once, and only once", async (lateMs) => {
    const { client, clock, now, outbox } = await running();
    expect(await client.put("job", once(now - lateMs))).toMatchObject({ nextRunAt: now - lateMs });
    await clock.advance(HOUR_MS);
    expect(outbox.messages().map(({ scheduledAt }) => scheduledAt)).toEqual([now - lateMs]);
    expect(await client.get("job")).toMatchObject({ runs: 1, skipped: 0, nextRunAt: null });
  });

  it.each<[string, (now: number) => EntryInput, RegExp]>([
    [
      "its moment was longer ago",
      (now) => once(now - 90_000),
      /^job\.schedule: .*its only instant was 1m30s ago \(2030.*clocked\(new Date.*runNow.*enabled: false/,
    ],
    [
      "its end is past",
      (now) => ({ task: "t", schedule: "1h", endAt: now - 7_200_000 }),
      /^job\.endAt: .*it was 2h ago/,
    ],
    [
      "its rule has no instant before its end",
      (now) => ({ task: "t", schedule: "1d", endAt: now + 60_000 }),
      /^job\.schedule: .*that endAt allows/,
    ],
    [
      "its moment lies before startAt",
      (now) => once(now + 1_000, { startAt: now + 2_000 }),
      /^job\.schedule: .*outside startAt and endAt/,
    ],
    [
      "many of its instants have just passed",
      (now) => ({ task: "t", schedule: "1s", endAt: now - 3_000 }),
      /^job\.endAt: .*it was 3s ago/,
    ],
  ])("is refused if %s", async (_, entry, message) => {
    const { client, now } = await running();
    await expect(client.put("job", entry(now))).rejects.toThrow(message);
    expect(await client.get("job")).toBeNull();
  });

  it("runs at once if it is the last occurrence that endAt allows", async () => {
    const { client, clock, now, outbox } = await running();
    await client.put("job", { task: "t", schedule: "1h", endAt: now + 5_000, startAt: START });
    await clock.advance(HOUR_MS);
    expect(outbox.messages()).toHaveLength(1);
  });

  it("is refused if its maxRuns are used up, also by a removed entry of its name", async () => {
    const { client, clock, now } = await running();
    await client.put("job", { task: "t", schedule: "1s", maxRuns: 2 });
    await clock.advance(5_000);
    await client.remove("job");
    await expect(client.put("job", once(now + HOUR_MS, { maxRuns: 1 }))).rejects.toThrow(
      /^job\.maxRuns: .*it is 1, and the entries of this name have had 2 runs: raise it/,
    );
    expect(await client.put("job", once(now + HOUR_MS, { maxRuns: 3 }))).toMatchObject({ runs: 2 });
  });

  it("does not repeat a settled moment when it is removed and put again", async () => {
    const { client, clock, now, outbox } = await running();
    await client.put("job", once(now));
    await clock.advance(1_000);
    await client.remove("job");
    await expect(client.put("job", once(now))).rejects.toThrow(/is settled already/);
    await clock.advance(HOUR_MS);
    expect(outbox.messages()).toHaveLength(1);
  });

  it("may be edited when it is done, disabled, or ended by its bounds", async () => {
    const { client, clock, now, outbox } = await running();
    await client.put("done", once(now));
    await clock.advance(HOUR_MS);
    await client.put("done", once(now, { args: [1] }));
    await client.put("disabled", once(now, { enabled: false }));
    await expect(client.put("disabled", once(now))).rejects.toThrow(/was 1h ago/);
    await client.put("ended", { task: "t", schedule: "1d" });
    expect(await client.put("ended", { task: "t", schedule: "1d", endAt: now })).toMatchObject({ nextRunAt: null });
    await clock.advance(HOUR_MS);
    expect(outbox.messages()).toHaveLength(1);
  });
});

describe("a one-off whose moment passes during a pause", () => {
  it("is counted as skipped and reported as missed when it is resumed", async () => {
    const { client, clock, now, lines, missed, outbox } = await running();
    await client.put("job", once(now + 10_000));
    await client.pause("job");
    await clock.advance(HOUR_MS);
    expect(await client.resume("job")).toMatchObject({ paused: false, nextRunAt: null });
    await client.put("job", once(now + 10_000, { args: [1] }));
    await clock.advance(5_000);
    expect(await client.get("job")).toMatchObject({ runs: 0, skipped: 1, nextRunAt: null });
    expect(missed).toEqual([["job", 1]]);
    expect(lines.filter((line) => line.includes("missed"))).toEqual([expect.stringContaining("job")]);
    expect(outbox.messages()).toEqual([]);
  });

  it("still runs if it has just passed", async () => {
    const { client, clock, now, outbox } = await running();
    await client.put("job", once(now + 10_000));
    await client.pause("job");
    await clock.advance(30_000);
    await client.resume("job");
    await clock.advance(5_000);
    expect(outbox.messages().map(({ scheduledAt }) => scheduledAt)).toEqual([now + 10_000]);
  });

  it("leaves an entry with more instants as it was: those of the pause are not counted", async () => {
    const { client, clock, missed } = await running();
    await client.put("job", { task: "t", schedule: "10s" });
    await client.pause("job");
    await clock.advance(HOUR_MS);
    await client.resume("job");
    await clock.advance(20_000);
    expect(await client.get("job")).toMatchObject({ runs: 2, skipped: 0 });
    expect(missed).toEqual([]);
  });
});

describe("a one-off of the configuration", () => {
  const OVER = "will not run";

  async function deployed(schedule: (now: number) => Record<string, EntryInput>) {
    const { beat, clock, connect, now, lead, ...rest } = await running();
    await beat.stop();
    const lines: string[] = [];
    const next = await lead({ schedule: schedule(now), store: connect(), logger: notingLogger(lines) });
    await clock.advance(5_000);
    return { ...rest, clock, connect, lead, now, next, lines };
  }

  it("runs at once if its moment has just passed, and is logged once if it is longer ago", async () => {
    const schedule = (now: number): Record<string, EntryInput> => ({
      fresh: once(now - 30_000),
      old: once(now - 90_000),
    });
    const { lines, outbox, next, lead, connect, clock, now } = await deployed(schedule);
    expect(outbox.messages().map(({ entry }) => entry)).toEqual(["fresh"]);
    const about = lines.filter((line) => line.includes(OVER));
    expect(about).toEqual([expect.stringMatching(/^1 entry of the configuration will not run, .*: old$/)]);
    await next.stop();
    const later: string[] = [];
    await lead({ schedule: schedule(now), store: connect(), logger: notingLogger(later) });
    await clock.advance(5_000);
    expect(later.filter((line) => line.includes(OVER))).toEqual([]);
    expect(outbox.messages()).toHaveLength(1);
  });

  it("is logged if a deployment moves it into the past, and not if it is disabled", async () => {
    const { lines } = await deployed((now) => ({
      off: once(now - HOUR_MS, { enabled: false }),
      gone: once(now - HOUR_MS, { whenDone: "remove" }),
    }));
    expect(lines.filter((line) => line.includes(OVER))).toEqual([expect.stringMatching(/: gone$/)]);
  });
});

describe("simulate", () => {
  it("shows the one-off that has just passed, as a leader sends it", () => {
    const runs = simulate(
      { fresh: once(START - 20_000), old: once(START - 90_000) },
      { from: START, to: START + HOUR_MS },
    );
    expect(runs).toMatchObject([{ entry: "fresh", kind: "caught-up", at: START, scheduledAt: START - 20_000 }]);
  });
});

it("a client whose clock differs from the store's puts by the store's time", async () => {
  const { clock, connect, now, outbox } = await running();
  await createClient({ store: connect(), clock }).put("job", once(now - 1));
  await clock.advance(1_000);
  expect(outbox.messages()).toHaveLength(1);
});
