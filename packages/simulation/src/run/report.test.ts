import { describe, expect, it } from "vitest";

import { readOptions } from "./options.js";
import { headOf, headOfSeed, showTotals, verdictOf, verdictOfSeed } from "./report.js";
import { planOf, runPlan } from "./simulate.js";
import { noTotals, type Totals } from "./totals.js";

const HOUR = 3_600_000;
const totals = (given: Partial<Totals> = {}): Totals => ({
  ...noTotals(),
  runs: 1_200,
  simulatedMs: 250 * HOUR,
  faults: { crash: 1_000, "lost reply": 2_500 },
  messages: 7_000,
  worlds: {
    "rows / plain, at-most-once": { runs: 200, simulatedMs: 50 * HOUR, faults: 500, violations: 0 },
    "one step / in the store": { runs: 1_000, simulatedMs: 200 * HOUR, faults: 3_000, violations: 1 },
  },
  ...given,
});
const broken = (invariant: string, ...seeds: number[]): Totals["violations"] =>
  seeds.map((seed) => ({ seed, invariant, message: `${invariant}: something` }));

describe("the report of many simulated runs", () => {
  it("begins with what is about to run", () => {
    expect(headOf(readOptions(["--seeds", "1000", "--from", "5"], 2))).toBe(
      "simulated clusters: 1,000 seeds, from 5 to 1004, 2 at a time",
    );
    expect(headOf(readOptions(["--minutes", "3"], 2))).toBe(
      "simulated clusters: seeds from 0 on for 3 min, 2 at a time",
    );
  });

  it("shows clusters and faults as tables, the most frequent fault first", () => {
    const lines = showTotals(totals(), 10, readOptions(["--seeds", "1200"], 2)).split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "store     queue                seeds  hours  faults  broken promises",
      "one step  in the store         1,000  200.0   3,000                1",
      "rows      plain, at-most-once    200   50.0     500                0",
    ]);
    expect(lines).toContain("lost reply  2,500");
    expect(lines.indexOf("lost reply  2,500")).toBeLessThan(lines.indexOf("crash       1,000"));
    expect(lines).toContain("350 faults and 25 cluster-hours a minute");
  });

  it("uses no name of a field, and repeats itself without recording", () => {
    const text = showTotals(totals(), 10, readOptions(["--seeds", "1200", "--record"], 2));
    expect(text).not.toMatch(/[a-z][A-Z][a-z]/);
    expect(text).toContain("the same again: npm run simulate -- --from 0 --seeds 1200");
    expect(text).not.toContain("--record");
  });

  it("ends with the verdict", () => {
    expect(verdictOf(totals())).toBe("1,200 seeds, 3,500 faults, 250 cluster-hours: no promise broken");
  });

  it("names each broken promise with the seeds that broke it", () => {
    const violations = [...broken("I1", 4), ...broken("lease overlap", 7, 9), ...broken("I1", 8)];
    expect(verdictOf(totals({ violations }))).toMatch(/: broken: I1 by seeds 4, 8; lease overlap by seeds 7, 9$/);
    const many = broken("I2", ...Array.from({ length: 1_012 }, (_, seed) => seed));
    expect(verdictOf(totals({ violations: many }))).toMatch(/ 8, 9 and 1,002 more$/);
  });

  it("does not call it good that no seed ran", () => {
    expect(verdictOf(noTotals())).toBe("no seed ran: nothing was shown");
  });
});

describe("the report of one seed", () => {
  it("begins with the cluster and ends with the verdict", async () => {
    const plan = planOf(3, { lengthMs: 10_000, everyMs: [500] });
    const outcome = await runPlan(plan);
    expect(headOfSeed(plan)).toMatch(/^seed 3: \d nodes, store: .*; \d+ steps$/);
    expect(verdictOfSeed(plan, outcome)).toMatch(/^seed 3, \d+ faults, 0 cluster-hours: no promise broken$/);
  });
});
