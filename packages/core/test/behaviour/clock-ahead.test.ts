import { describe, expect, it } from "vitest";

import { createClient } from "../../src/client/store-client.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { everySecond, notingLogger, START, world } from "../world.js";

const DAY_MS = 86_400_000;

/** A cluster whose clock is a day ahead for three seconds, while it sends `tick` each second and `daily` each day. */
async function glitch() {
  const made = world();
  const lines: string[] = [];
  const logger = notingLogger(lines);
  const publisher = recordingPublisher();
  const schedule = { tick: everySecond, daily: { task: "t", schedule: "1d" } };
  await made.lead({ schedule, logger, publisher, maxLoopIntervalMs: 1_000 });
  await made.clock.advance(6_000);
  made.clock.stepWallClock(DAY_MS);
  await made.clock.advance(6_000);
  const about = (): string[] => lines.filter((line) => line.includes("ahead of the clock"));
  const runs = (): number => publisher.messages.filter(({ entry }) => entry === "tick").length;
  return { ...made, about, runs, lines, messages: publisher.messages };
}

describe("a clock that was ahead for a while (R17)", () => {
  it("is reported by the leader as soon as it steps back, once, with the entries, the end and the way out", async () => {
    const { clock, about } = await glitch();
    expect(about()).toEqual([]);
    clock.stepWallClock(-DAY_MS);
    await clock.advance(6_000);
    expect(about()).toHaveLength(1);
    expect(about()[0]).toMatch(/2 entries \("tick", …\).* wait until 2030-01-0\dT.*beatx reset --ahead/);
    await clock.advance(60_000);
    expect(about()).toHaveLength(1);
  });

  it("shows in the status, lasts through pause and resume, and ends with a reset of all entries that wait", async () => {
    const { clock, client, about, runs, messages } = await glitch();
    clock.stepWallClock(-DAY_MS);
    await clock.advance(6_000);
    const before = runs();
    const message = expect.stringMatching(/^2 entries .*client\.resetAhead\(\)/) as string;
    expect((await client.status()).problems).toMatchObject([
      { kind: "clock-ahead", message, entries: expect.any(Array) },
    ]);
    await client.pause("tick");
    await client.resume("tick");
    await clock.advance(5_000);
    expect(runs()).toBe(before);
    expect(await client.resetAhead()).toEqual(["daily", "tick"]);
    expect((await client.status()).problems).toEqual([]);
    await clock.advance(15_000);
    expect(runs()).toBeGreaterThanOrEqual(before + 13);
    // A queue that compares instants takes them although it has taken later ones (R23).
    expect(messages[0]?.resetId).toBeUndefined();
    expect(messages.at(-1)?.resetId).toMatch(/^[0-9a-f]{40}$/);
    expect(about().at(-1)).toBe("no entry is ahead of the clock any more");
    expect(await client.resetAhead()).toEqual([]);
  });

  it("is reported by a new leader, too, for an entry that was edited while the clock of a client was ahead", async () => {
    const { clock, client, lead } = world();
    await client.put("done", everySecond);
    clock.stepWallClock(DAY_MS);
    await client.put("new", everySecond);
    await client.put("done", { ...everySecond, endAt: START });
    clock.stepWallClock(-DAY_MS);
    const lines: string[] = [];
    const logger = notingLogger(lines);
    await lead({ logger });
    expect(lines.filter((line) => line.includes('the entry "new" is ahead'))).toHaveLength(1);
  });

  it("keeps no requested run of an entry that waits from being sent and counted, without an error", async () => {
    const { clock, client, lead, outbox } = world();
    const lines: string[] = [];
    await lead({ schedule: { tick: everySecond }, logger: notingLogger(lines) });
    clock.stepWallClock(DAY_MS);
    await clock.advance(6_000);
    await client.runNow("tick");
    await clock.advance(1_000);
    clock.stepWallClock(-DAY_MS);
    await clock.advance(6_000);
    lines.splice(0);
    await client.runNow("tick");
    await clock.advance(6_000);
    expect(outbox.messages().filter(({ requested }) => requested)).toHaveLength(2);
    expect(await client.get("tick")).toMatchObject({ requestedRuns: 2 });
    expect(lines.filter((line) => line.startsWith("store: "))).toEqual([]);
  });

  it("lets a requested run go out without an error, even if a message sent while it was ahead is not saved", async () => {
    const { clock, client, messages, lines } = await glitch();
    clock.stepWallClock(-DAY_MS);
    await clock.advance(6_000);
    lines.splice(0);
    await client.runNow("tick");
    await clock.advance(6_000);
    expect(messages.filter(({ requested }) => requested)).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith("store: "))).toEqual([]);
  });

  it("says that the clock is still ahead if a reset does not help", async () => {
    const { client, clock, store, lead } = world();
    await lead({ schedule: { tick: everySecond } });
    clock.stepWallClock(DAY_MS);
    await clock.advance(6_000);
    clock.stepWallClock(-DAY_MS);
    store.setSchedule = () => Promise.resolve([{ status: "conflict", entry: null }]);
    await expect(createClient({ store, clock }).resetAhead()).rejects.toThrow(/correct the clock of the leader/);
    expect(await client.resetAhead()).toEqual(["tick"]);
  });

  it.each(["1h", "1s"])("is no news for a leader whose clock is some seconds behind (every %s)", async (schedule) => {
    const { clock, lead } = world();
    const lines: string[] = [];
    const logger = notingLogger(lines);
    await lead({ schedule: { a: { task: "t", schedule, firstRun: "now" } }, logger });
    await clock.advance(10_000);
    clock.stepWallClock(-4_000);
    await clock.advance(20_000);
    expect(lines.filter((line) => line.includes("ahead"))).toEqual([]);
  });
});
