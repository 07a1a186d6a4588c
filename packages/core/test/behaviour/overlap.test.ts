import { describe, expect, it } from "vitest";

import type { EntryInput } from "../../src/entry/entry.js";
import type { Publisher } from "../../src/contract/publisher.js";
import { functionPublisher } from "../../src/publisher/function-publisher.js";
import type { Client } from "../../src/client/client.js";
import { cutOff, notingLogger, secondsOf, START, world } from "../world.js";

const job: EntryInput = { task: "t", schedule: "1s", overlap: { policy: "skip", ttlMs: 60_000 } };

/** The ways to send: in one step, by `publish` and then saving, and with the cursor first. */
const WAYS = ["in one step", "at least once", "at most once"] as const;

function overlapWorld(way: (typeof WAYS)[number]) {
  const all = world();
  const { outbox } = all;
  const { outbox: _, ...plain } = outbox;
  const publisher: Publisher = way === "in one step" ? outbox : plain;
  const delivery = way === "at most once" ? { delivery: "at-most-once" as const } : {};
  return { ...all, options: { publisher, ...delivery } };
}

async function historyOf(client: Client, name = "job") {
  return (await client.history(name)).map(({ outcome, reason, scheduledAt, manual }) => {
    return [(scheduledAt - START) / 1000, outcome, reason, manual];
  });
}

describe.each(WAYS)("an entry whose runs must not overlap (%s)", (way) => {
  it("skips and counts what is due while a run has not ended, and goes on after its end", async () => {
    const { clock, client, lead, outbox, options } = overlapWorld(way);
    const lines: string[] = [];
    const beat = await lead({ ...options, schedule: { job }, logger: notingLogger(lines) });
    const missed: unknown[] = [];
    beat.on("missed", (event) => missed.push(event));
    await clock.advance(3_500);
    outbox.endRun(outbox.messages()[0]!.id);
    await clock.advance(2_000);
    expect(secondsOf(outbox.messages())).toEqual([1, 4]);
    expect(await client.get("job")).toMatchObject({ runs: 2, skipped: 3, uncertain: 0 });
    const event = (second: number): unknown => {
      return { entry: "job", count: 1, atLeast: false, until: START + second * 1000, reason: "overlap" };
    };
    expect(missed).toEqual([event(2), event(3), event(5)]);
    expect(await historyOf(client)).toEqual([
      [5, "skipped", "overlap", false],
      [4, "sent", null, false],
      [3, "skipped", "overlap", false],
      [2, "skipped", "overlap", false],
      [1, "sent", null, false],
    ]);
    expect(lines.filter((line) => /earlier run of the entry had not ended: job/.test(line))).toHaveLength(1);
  });

  it("is held up by a run that never ends for ttlMs at most", async () => {
    const { clock, lead, outbox, options } = overlapWorld(way);
    await lead({ ...options, schedule: { job: { ...job, overlap: { policy: "skip", ttlMs: 3_000 } } } });
    await clock.advance(8_500);
    expect(secondsOf(outbox.messages())).toEqual([1, 4, 7]);
  });

  it("is not stopped by its own message when the saving of the cursor was lost", async () => {
    const { clock, client, connect, store, run, outbox, options } = overlapWorld(way);
    const schedule = { job: { ...job, schedule: "1m" } };
    await run({ ...options, schedule });
    await clock.advance(59_900);
    store.delay("advance", 1e9);
    await clock.advance(200);
    cutOff(store);
    await run({ ...options, schedule, store: connect() });
    await clock.advance(50_000);
    const { runs, skipped, uncertain } = (await client.get("job"))!;
    const ids = new Set(outbox.messages().map(({ id }) => id));
    expect({ ids: ids.size, runs, skipped, uncertain }).toEqual({ ids: 1, runs: 1, skipped: 0, uncertain: 0 });
  });

  it("skips a run that is requested meanwhile, says so, and shows it in the history", async () => {
    const { clock, client, lead, outbox, options } = overlapWorld(way);
    const beat = await lead({ ...options, schedule: { job: { ...job, schedule: "1h" } } });
    const missed: unknown[] = [];
    beat.on("missed", (event) => missed.push(event));
    await client.runNow("job");
    await clock.advance(2_000);
    await client.runNow("job");
    await clock.advance(2_000);
    expect(outbox.messages()).toHaveLength(1);
    expect(missed).toMatchObject([{ entry: "job", count: 1, reason: "overlap" }]);
    expect(await client.get("job")).toMatchObject({ requestedRuns: 1, runs: 0, skipped: 1 });
    expect((await historyOf(client)).map(([, ...rest]) => rest)).toEqual([
      ["skipped", "overlap", true],
      ["sent", null, true],
    ]);
    outbox.endRun(outbox.messages()[0]!.id);
    await client.runNow("job");
    await clock.advance(2_000);
    expect(outbox.messages()).toHaveLength(2);
  });

  it("runs a backfill one after the other, and skips none of it", async () => {
    const { clock, client, lead, outbox, options } = overlapWorld(way);
    await lead(options);
    await client.put("job", { ...job, schedule: "1h" });
    await client.backfill("job", { from: START - 3 * 3_600_000, to: START, maxPerSecond: 10 });
    for (let ended = 0; ended < 4; ended += 1) {
      await clock.advance(4_000);
      expect(outbox.messages()).toHaveLength(ended + 1);
      outbox.endRun(outbox.messages().at(-1)!.id);
    }
    await clock.advance(4_000);
    expect(secondsOf(outbox.messages())).toEqual([-3 * 3600, -2 * 3600, -3600, 0]);
    expect(await client.get("job")).toMatchObject({ requestedRuns: 4, skipped: 0 });
    expect(await client.backfills()).toEqual([]);
  });

  it('sends one of what was missed, also with `missed: "all"`', async () => {
    const { clock, client, run, connect, outbox, options } = overlapWorld(way);
    const schedule = { job: { ...job, missed: "all" as const } };
    const first = await run({ ...options, schedule });
    await clock.advance(1_500);
    await first.stop();
    outbox.endRun(outbox.messages()[0]!.id);
    await clock.advance(9_000);
    await run({ ...options, schedule, store: connect() });
    await clock.advance(1_000);
    expect(secondsOf(outbox.messages())).toEqual([1, 2]);
    expect(await client.get("job")).toMatchObject({ runs: 2, skipped: 9 });
  });
});

describe("a publisher that cannot tell whether a run has ended", () => {
  const publisher = functionPublisher(() => Promise.resolve());

  it("is refused for a configured entry at the start, with the field and the way out", async () => {
    const { create } = world();
    const beat = create({ publisher, schedule: { job } });
    await expect(beat.start()).rejects.toMatchObject({ code: "CONFIG", field: "schedule.job.overlap" });
    await expect(beat.start()).rejects.toThrow(/publisher function cannot tell.*leave overlap out.*bullmq\+redis/);
  });

  it("sends no other entry unprotected, and the others as usual", async () => {
    const { clock, client, lead } = world();
    const sent: string[] = [];
    const lines: string[] = [];
    const note = functionPublisher(({ entry }) => Promise.resolve(sent.push(entry)));
    await lead({ publisher: note, logger: notingLogger(lines) });
    await client.put("job", job);
    await client.put("other", { task: "t", schedule: "1s" });
    await clock.advance(3_500);
    expect(new Set(sent)).toEqual(new Set(["other"]));
    expect(lines.join("\n")).toMatch(/entry "job": overlap is .*publisher function cannot tell/);
    expect((await client.status()).problems.map(({ message }) => message).join()).toMatch(
      /cannot tell whether an earlier run has ended/,
    );
  });
});
