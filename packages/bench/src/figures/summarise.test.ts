import { describe, expect, it } from "vitest";
import type { Target, Work } from "../works/work.js";
import { summarise } from "./summarise.js";
import type { Round } from "./work-figures.js";

const cell = (id: string) => ({ id, title: id, kind: "beatx", run: { cell: "raw-burst" } }) as const;
const columns = [
  { title: "speed", metric: "ms", against: "raw", inverse: true },
  { title: "ms", metric: "ms" },
];

function figuresOf(rounds: readonly Round[], targets: readonly Target[] = []) {
  const work: Work = {
    name: "w",
    title: "w",
    about: "",
    servers: [],
    rounds: 3,
    cells: [cell("raw"), cell("a")],
    columns,
    targets,
  };
  return summarise(work, rounds);
}

const round = (raw: number, a: number): Round => ({ raw: { values: { ms: raw } }, a: { values: { ms: a } } });

describe("the figures of a work", () => {
  it("compare a cell with another one of the same round, so that a slow round of the machine changes no ratio", () => {
    const [, row] = figuresOf([round(10, 20), round(100, 200), round(30, 30)]).rows;
    expect(row!.figures).toEqual([{ median: 0.5, min: 0.5, max: 1 }, { median: 30, min: 20, max: 200 }]); // prettier-ignore
  });

  it("leave out rounds that failed, and say why", () => {
    const failed: Round = { raw: { values: { ms: 1 } }, a: { error: "it burnt" } };
    const [, row] = figuresOf([round(10, 20), failed]).rows;
    expect(row).toMatchObject({ rounds: 1, problem: "it burnt", figures: [{ median: 0.5 }, { median: 20 }] });
  });

  it("have no value where a cell did not measure it, or measured no number", () => {
    const [raw, a] = figuresOf([{ raw: { values: { ms: NaN } } }]).rows;
    expect([raw!.figures, a!.figures, a!.rounds]).toEqual([[null, null], [null, null], 0]); // prettier-ignore
  });

  it("keep the commands of a message that are not rare", () => {
    const commands = { lpush: 1, evalsha: 0.0021234, time: 0.0001 };
    const [raw] = figuresOf([{ raw: { values: { ms: 1 }, commands } }]).rows;
    expect(raw!.commands).toEqual({ lpush: 1, evalsha: 0.00212 });
  });
});

describe("a target", () => {
  const rounds = [round(10, 20), round(10, 10), round(10, 40)];
  const target = { says: "t", cell: "a", metric: "ms", against: "raw" };
  const isMet = (more: Partial<Target>): boolean | null =>
    figuresOf(rounds, [{ ...target, ...more }]).targets[0]!.isMet;

  it("is met if the median is within its bound", () => {
    expect([isMet({ atMost: 2 }), isMet({ atMost: 1.9 })]).toEqual([true, false]);
    expect([isMet({ atLeast: 0.5, inverse: true }), isMet({ atLeast: 0.6, inverse: true })]).toEqual([true, false]);
  });

  it("is met if the worst round is within its bound, where it says so", () => {
    expect([isMet({ atMost: 4, worst: true }), isMet({ atMost: 2, worst: true })]).toEqual([true, false]);
  });

  it("is neither met nor missed if nothing measured it", () => {
    expect(isMet({ metric: "unknown", atMost: 1 })).toBeNull();
  });
});
