import { bench, type Work, type WorkCell, type WorkFigures } from "@beatx/bench";
import { beforeAll, describe, expect, it } from "vitest";

const options = { count: 40, bursts: 2, everyMs: 1_000, ttlMs: 15_000 };
const cells: WorkCell[] = [
  { id: "raw", title: "raw", kind: "limit", run: { cell: "raw-burst" }, options },
  { id: "beatx", title: "beatx", kind: "beatx", run: { cell: "beatx-burst" }, options },
  { id: "none", title: "none", kind: "peer", run: { cell: "timer-burst" }, options: { peer: "none" }, once: true },
];
const work: Work = {
  name: "small",
  title: "A small burst",
  about: "",
  servers: ["redis"],
  rounds: 5,
  cells,
  columns: [
    { title: "speed", metric: "wallMs", against: "raw", inverse: true },
    { title: "missing", metric: "missing" },
    { title: "server", metric: "serverCpuUs" },
  ],
  targets: [
    { says: "faster than nothing", cell: "beatx", metric: "wallMs", against: "raw", inverse: true, atLeast: 0 },
    { says: "nothing is missing", cell: "beatx", metric: "missing", atMost: 0, worst: true },
  ],
};

describe("a bench of real processes", () => {
  let text = "";
  let figures: WorkFigures;
  beforeAll(async () => {
    const output = { write: (part: string) => (text += part) };
    const all = await bench({ works: [work], rounds: 2, command: "npm run bench" }, output, () => {});
    figures = all[0]!;
  });
  const row = (id: string): WorkFigures["rows"][number] => figures.rows.find((each) => each.id === id)!;

  it("measures each cell in each round, against the raw cell of that round", () => {
    expect([row("raw").rounds, row("beatx").rounds]).toEqual([2, 2]);
    expect(row("raw").figures[0]).toEqual({ median: 1, min: 1, max: 1 });
    expect(row("beatx").figures[0]!.median).toBeGreaterThan(0);
  });

  it("counts the messages that arrived, and the commands of the server for each of them", () => {
    expect([row("raw").figures[1], row("beatx").figures[1]]).toEqual(Array(2).fill({ median: 0, min: 0, max: 0 }));
    expect(row("raw").commands.lpush).toBe(1);
    expect(row("beatx").commands.evalsha).toBeGreaterThan(0);
  });

  it("judges the targets", () => {
    expect(figures.targets.map(({ isMet }) => isMet)).toEqual([true, true]);
  });

  it("goes on after a cell that failed, and says why", () => {
    expect(row("none")).toMatchObject({ rounds: 0, figures: [null, null, null] });
    expect(row("none").problem).toContain('there is no peer "none"');
  });

  it("shows its progress", () => {
    expect(text.trim().split("\n")).toHaveLength(5);
    expect(text).toMatch(/^\[5\/5, .* small, round 2: beatx, /m);
  });
});

describe("the cells of a full store and of no server", () => {
  const entries = 600;
  const load = (id: string, cell: WorkCell["run"]): WorkCell => ({ id, title: id, kind: "beatx", run: cell, filled: entries, options: { entries } }); // prettier-ignore
  const full: Work = {
    ...work,
    servers: [],
    cells: [
      load("raw", { cell: "raw-load" }),
      load("beatx", { cell: "beatx-load" }),
      { id: "hot", title: "hot", kind: "beatx", run: { cell: "hot-path" }, options: { entries: 2_000 } },
    ],
    columns: [{ title: "CPU", metric: "cpuUs" }],
    targets: [],
  };

  it("measure an entry that was read, and a message that was made", async () => {
    const [figures] = await bench(
      { works: [full], rounds: 1, command: "npm run bench" },
      { write: () => {} },
      () => {},
    );
    expect(figures!.rows.map(({ id, problem }) => [id, problem])).toEqual([["raw", undefined], ["beatx", undefined], ["hot", undefined]]); // prettier-ignore
    for (const { figures: [cpu] } of figures!.rows) expect(cpu!.median).toBeGreaterThan(0); // prettier-ignore
  });
});
