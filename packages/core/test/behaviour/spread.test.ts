import { describe, expect, it } from "vitest";

import { stableOffset } from "../../src/base/ids.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { range, secondsOf, START, world } from "../world.js";

const MINUTE = 60_000;
const spread: EntryInput = { task: "t", schedule: "1m", missed: "all", spreadMs: MINUTE };

const dueTimeOf = (instant: number): number => instant + stableOffset(`job\0${instant}`, MINUTE);

describe("an entry with spreadMs (R53)", () => {
  it("sends each occurrence at its own delay, under its instant, through changes of the leader", async () => {
    const { clock, lead, run, connect, outbox } = world();
    const published: [instant: number, at: number][] = [];
    let beat = await lead({ schedule: { job: spread } });
    for (let round = 0; round < 10; round++) {
      beat.on("published", ({ scheduledAt }) => published.push([scheduledAt, clock.now()]));
      await clock.advance(3.7 * MINUTE);
      void beat.stop();
      await clock.advance(10);
      beat = await run({ schedule: { job: spread }, store: connect() });
      await clock.advance(10);
    }
    expect(published.length).toBeGreaterThan(30);
    expect(published.map(([instant]) => (instant - START) / MINUTE)).toEqual(range(1, published.length));
    for (const [instant, at] of published) {
      expect(at).toBeGreaterThanOrEqual(dueTimeOf(instant));
      expect(at).toBeLessThan(dueTimeOf(instant) + 100);
    }
    expect(secondsOf(outbox.messages())).toEqual(range(1, published.length).map((minute) => minute * 60));
  });

  it("is shown with the time at which its occurrences are sent", async () => {
    const { clock, client, lead } = world();
    await lead({ schedule: { job: spread } });
    const first = START + MINUTE;
    expect(await client.get("job")).toMatchObject({ nextRunAt: dueTimeOf(first), nextScheduledAt: first });
    expect((await client.status()).next).toEqual([{ entry: "job", scheduledAt: first, runAt: dueTimeOf(first) }]);
    await clock.advanceTo(dueTimeOf(first + MINUTE) + 100);
    const lateness = (await client.history("job")).map(({ latenessMs, outcome }) => [outcome, latenessMs! < 100]);
    expect(lateness).toEqual([
      ["sent", true],
      ["sent", true],
    ]);
  });

  it("sends nothing twice and skips nothing when the clock is set back", async () => {
    const { clock, lead, outbox } = world();
    await lead({ schedule: { job: spread } });
    await clock.advance(5.5 * MINUTE);
    clock.stepWallClock(-2 * MINUTE);
    await clock.advance(6 * MINUTE);
    const sent = secondsOf(outbox.messages());
    expect(sent).toEqual(range(1, sent.length).map((minute) => minute * 60));
    expect(sent.length).toBeGreaterThanOrEqual(8);
  });

  it("does not delay requested runs", async () => {
    const { clock, client, lead, outbox } = world();
    await lead({ schedule: { job: { ...spread, schedule: "1d", spreadMs: 86_400_000 } } });
    await client.runNow("job");
    await clock.advance(2_000);
    expect(outbox.messages()).toMatchObject([{ entry: "job", requested: true }]);
  });
});
