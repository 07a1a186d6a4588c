import { describe, expect, it } from "vitest";
import { judge } from "./checker/judge.js";
import { BEGIN, perfectRecord } from "./checker/perfect-record.js";
import { storyOf } from "./faults/story.js";
import { figuresOf, recordOf, tableOf } from "./figures.js";

const kill = { kind: "kill", node: 2, from: BEGIN + 29_500, to: BEGIN + 29_500 } as const;
const cut = { kind: "cut", node: 1, server: "store", from: BEGIN + 5_000, to: BEGIN + 7_300 } as const;

describe("the figures of a run", () => {
  const record = perfectRecord("P at-least-once", [kill, cut]);
  const copied = record.arrivals.find(({ entry, instant }) => entry === "newest" && instant === BEGIN + 30_000)!;
  const withCopy = { ...record, arrivals: [...record.arrivals, copied] };
  const figures = figuresOf(withCopy, judge(withCopy), 7);

  it("count faults by kind, messages, and what a fault explains by rule and fault", () => {
    expect(figures).toMatchObject({
      pair: "test",
      class: "P at-least-once",
      seed: 7,
      minutes: 2,
      undisturbedMinutes: 1.7,
      faults: { cut: 1, kill: 1 },
      sent: withCopy.arrivals.length,
      missed: {},
      repeated: { "R24: kill": 1 },
      violations: 0,
    });
  });

  it("stand in one line of the table", () => {
    expect(tableOf([figures]).split("\n")[1]).toMatch(/^test +P at-least-once +2 +1\.7 +2 +7 +\d+ +\d+ +0 +1 +0 +0$/);
  });

  it("are recorded as sums, by fault, and by what explains them", () => {
    const machine = { recordedOn: "2026-11-29", node: "v20.20.0", cpus: 2 };
    expect(recordOf([figures, { ...figures, pair: "other" }], "npm run chaos", machine)).toMatchObject({
      command: "npm run chaos",
      ...machine,
      faults: 4,
      sent: 2 * withCopy.arrivals.length,
      violations: 0,
      faultsByKind: { cut: 2, kill: 2 },
      pairs: [
        { pair: "test", faults: 2, repeated: 1, missed: 0 },
        { pair: "other", faults: 2, repeated: 1, missed: 0 },
      ],
      faultsOfPairs: [{ faults: "cut 1, kill 1" }, { faults: "cut 1, kill 1" }],
      explained: [{ deviation: "repeated", explanation: "R24: kill", occurrences: 2 }],
    });
  });

  it("come with a story of the faults in the order of time", () => {
    expect(storyOf(withCopy)).toEqual([
      "     +5.0 s  cut: node 1 and its store, for 2.3 s",
      "    +29.5 s  kill: node 2",
    ]);
  });
});
