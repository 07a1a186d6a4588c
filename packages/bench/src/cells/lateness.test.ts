import { describe, expect, it } from "vitest";
import { latenessOf } from "./lateness.js";

const START = 1_000_000;
/** Two messages for each of three seconds, later by 5 ms from second to second. */
const confirmed = [0, 1, 2].flatMap((second) =>
  [1, 3].map((lateMs) => ({ dueAt: START + second * 1_000, lateMs: lateMs + 5 * second })),
);

describe("the lateness of a window", () => {
  it("has quantiles, what was lost, and by how much the last third is later than the first", () => {
    const { values } = latenessOf(confirmed, START, { seconds: 3, count: 3 });
    expect(values).toEqual({ p50Ms: 6, p99Ms: 13, lost: 3, driftMs: 10 });
  });

  it("leaves out what was due before and after it", () => {
    const others = [{ dueAt: START - 1_000, lateMs: 999 }, { dueAt: START + 3_000, lateMs: 999 }]; // prettier-ignore
    const { values } = latenessOf([...others, ...confirmed], START, { seconds: 3, count: 2 });
    expect(values).toMatchObject({ p99Ms: 13, lost: 0 });
  });
});
