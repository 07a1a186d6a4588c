import { describe, expect, it } from "vitest";

import type { EntryInput } from "../../src/entry/entry.js";
import type { Beat } from "../../src/node/beat.js";
import type { BeatOptions } from "../../src/node/options.js";
import { faultyQueue, withLostReplies } from "../faults.js";
import { seeded } from "@beatx/test-servers/seeded";
import { range, secondsOf, START, world } from "../world.js";

/** Faults come after the take-over. At the end everything works, so all that is owed is sent. */
const FAULTY_MS = 120_000;
const QUIET_MS = 90_000;

const seeds = range(1, 10);

const schedule: Record<string, EntryInput> = {
  all: { task: "t", schedule: "2s", missed: "all" },
  latest: { task: "t", schedule: "3s" },
  skip: { task: "t", schedule: "10s", missed: "skip", deadlineMs: 1_000 },
  once: { task: "t", schedule: { type: "clocked", at: START + 30_000 } },
  twice: { task: "t", schedule: "15s", missed: "all", maxRuns: 2 },
};

/** The seconds of all instants of an entry until the end, settled or not. */
function instantsOf(entry: string): number[] {
  const everySeconds = { all: 2, latest: 3, skip: 10 }[entry];
  if (everySeconds === undefined) return entry === "once" ? [30] : [15, 30];
  const count = Math.floor((FAULTY_MS + QUIET_MS) / 1000 / everySeconds);
  return range(1, count).map((number) => number * everySeconds);
}

/** What the events of a beat said about an entry, in seconds after the start. */
interface Told {
  readonly published: number[];
  readonly uncertain: number[];
  missed: number;
}

function listen(beat: Beat): (entry: string) => Told {
  const told = new Map<string, Told>();
  const of = (entry: string): Told => {
    if (!told.has(entry)) told.set(entry, { published: [], uncertain: [], missed: 0 });
    return told.get(entry)!;
  };
  beat.on("published", (event) => of(event.entry).published.push(...secondsOf([event])));
  beat.on("uncertain", (event) => of(event.entry).uncertain.push(...secondsOf([event])));
  beat.on("missed", ({ entry, count }) => (of(entry).missed += count));
  return of;
}

/** Runs one leader through the faults of a seed. */
async function run(seed: number, kind: "one step" | "comparing" | "plain", options: Partial<BeatOptions> = {}) {
  const { clock, store, outbox, client, create } = world();
  const faults = { clock, random: seeded(seed), rate: 0.4, from: START + 1_000, until: START + FAULTY_MS };
  const queue = faultyQueue(faults, kind === "comparing");
  const publisher = kind === "one step" ? outbox : queue;
  const beat = create({
    store: withLostReplies(store, faults),
    publisher,
    schedule,
    random: seeded(-seed),
    ...options,
  });
  const told = listen(beat);
  await beat.start();
  await clock.advance(FAULTY_MS + QUIET_MS + 500);
  const views = await client.list();
  const taken = kind === "one step" ? outbox.messages() : queue.taken;
  return { told, views, taken, unknown: queue.unknown };
}

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const unique = (numbers: readonly number[]): number[] => sorted([...new Set(numbers)]);

describe("with lost requests, lost replies and late commands, one step (class T)", () => {
  it.each(seeds)("sends each occurrence once or counts it, and tells each once (seed %i)", async (seed) => {
    const { told, views, taken } = await run(seed, "one step");
    expect(views).toHaveLength(5);
    for (const { name, runs, skipped, uncertain } of views) {
      const sent = secondsOf(taken, name);
      expect(sent, name).toEqual(unique(sent));
      expect(told(name), name).toEqual({ published: sent, uncertain: [], missed: skipped });
      expect([runs, runs + skipped, uncertain], name).toEqual([sent.length, instantsOf(name).length, 0]);
    }
    for (const name of ["all", "once", "twice"]) expect(secondsOf(taken, name), name).toEqual(instantsOf(name));
  });
});

describe("with lost requests, lost replies and late commands, a queue that compares (class D)", () => {
  it.each(seeds)("takes each occurrence once, and none is lost (seed %i)", async (seed) => {
    const { told, views, taken } = await run(seed, "comparing");
    for (const { name, runs, skipped, uncertain } of views) {
      const sent = secondsOf(taken, name);
      expect(sent, name).toEqual(unique(sent));
      expect(told(name).published, name).toEqual(unique(told(name).published));
      expect(sent, name).toEqual(expect.arrayContaining(told(name).published));
      expect([runs, skipped, uncertain], name).toEqual([told(name).published.length, told(name).missed, 0]);
      expect(runs + skipped, name).toBe(instantsOf(name).length);
    }
    for (const name of ["all", "once", "twice"]) expect(secondsOf(taken, name), name).toEqual(instantsOf(name));
  });
});

describe("with lost requests, lost replies and late commands, at least once (class P)", () => {
  it.each(seeds)("loses nothing, and copies only what it does not know to be sent (seed %i)", async (seed) => {
    const { told, views, taken, unknown } = await run(seed, "plain");
    for (const { name, runs, skipped, uncertain } of views) {
      const sent = secondsOf(taken, name);
      const copies = sent.filter((second, index) => sent.indexOf(second) !== index);
      const unknowns = secondsOf(unknown, name);
      for (const second of unique(copies)) {
        const allowed = unknowns.filter((each) => each === second).length;
        expect(copies.filter((each) => each === second).length, `${name}@${second}`).toBeLessThanOrEqual(allowed);
      }
      expect(told(name).published, name).toEqual(unique(told(name).published));
      expect([runs, skipped, uncertain], name).toEqual([told(name).published.length, told(name).missed, 0]);
      expect(runs + skipped, name).toBe(instantsOf(name).length);
    }
    for (const name of ["all", "once", "twice"]) expect(unique(secondsOf(taken, name)), name).toEqual(instantsOf(name));
  });
});

describe("with lost requests, lost replies and late commands, at most once (class P)", () => {
  it.each(seeds)(
    "sends nothing twice, and exactly what is not known to be sent is uncertain (seed %i)",
    async (seed) => {
      const { told, views, taken, unknown } = await run(seed, "plain", { delivery: "at-most-once" });
      for (const { name, runs, skipped, uncertain } of views) {
        const sent = secondsOf(taken, name);
        const unknowns = secondsOf(unknown, name);
        expect(sent, name).toEqual(unique(sent));
        expect(told(name).uncertain, name).toEqual(unknowns);
        expect(sorted([...told(name).published, ...unknowns]), name).toEqual(unique([...sent, ...unknowns]));
        expect([skipped, uncertain], name).toEqual([told(name).missed, unknowns.length]);
        expect(runs, name).toBe(told(name).published.length + unknowns.length);
        expect(runs + skipped, name).toBe(instantsOf(name).length);
      }
      for (const name of ["all", "once", "twice"]) {
        expect(unique([...secondsOf(taken, name), ...secondsOf(unknown, name)]), name).toEqual(instantsOf(name));
      }
    },
  );
});
