import { describe, expect, it } from "vitest";
import type { WorkFigures } from "../figures/work-figures.js";
import type { Work } from "../works/work.js";
import { renderPage } from "./render-page.js";

const spread = (value: number) => ({ median: value, min: value, max: value });
const work: Work = {
  name: "w",
  title: "Now",
  about: "What it is.",
  servers: [],
  rounds: 1,
  cells: [],
  columns: [],
  targets: [],
};
const recorded: WorkFigures = {
  command: "npm run bench -- --only w",
  recordedOn: "2026-01-02",
  node: "v20.0.0",
  cpus: 2,
  load: 1,
  work: "w",
  title: "Then",
  about: "What it was.",
  columns: ["speed", "ms"],
  rows: [
    { id: "raw", title: "raw", kind: "limit", rounds: 3, figures: [spread(1), spread(10)], commands: { lpush: 1 } },
    {
      id: "beatx",
      title: "beatx",
      kind: "beatx",
      rounds: 2,
      figures: [spread(0.5), null],
      commands: {},
      problem: "it\nburnt",
    },
  ],
  targets: [
    { says: "fast", found: spread(0.5), isMet: false },
    { says: "small", found: spread(1), isMet: true },
    { says: "bulk", found: null, isMet: null },
  ],
};
const page = (figures: WorkFigures | null, misses = {}): string =>
  renderPage([work], new Map(figures ? [["w", figures]] : []), misses);

describe("the page", () => {
  it("says how a work is recorded that was not", () => {
    expect(page(null)).toContain(
      "## Now\n\nWhat it is.\n\nNot recorded yet: `npm run bench -- --full --only w --record`",
    );
  });

  it("shows a recorded work as it was measured, with the command that repeats it", () => {
    const text = page(recorded);
    expect(text).toContain("## Then\n\nWhat it was.");
    expect(text).toContain("Recorded on 2026-01-02 with Node.js v20.0.0 on 2 processors: `npm run bench -- --only w`");
    expect(text).toContain("| **beatx** | 2 | 0.5 | - |");
    expect(text).toContain("Commands of Redis for each message: raw 1 (lpush 1).");
    expect(text).toContain("- beatx failed: it burnt");
    expect(text).toContain("![Then: speed](performance/w.svg)");
  });

  it("says that the machine was busy", () => {
    expect(page({ ...recorded, load: 5.5 })).toContain("on 2 processors, which were busy (load 5.5)");
  });

  it("gives the reason of each missed target, where one is known", () => {
    const text = page(recorded, { "w: fast": "the disk is slow" });
    expect(text).toContain("| Then | fast | 0.5 | **missed**: the disk is slow |");
    expect(text).toContain("| Then | small | 1 | met |");
    expect(text).toContain("| Then | bulk | - | **not measured** |");
  });
});
