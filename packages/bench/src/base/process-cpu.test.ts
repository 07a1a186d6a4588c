import { describe, expect, it } from "vitest";
import { cpuUsOfStat } from "./process-cpu.js";

describe("the CPU time of another process", () => {
  it("is its user and system time, whatever the program is called", () => {
    const line = "17 (a ) 1 (b) S 1 17 17 0 -1 4194560 500 0 0 0 25 5 0 0 20 0 1 0 100 1000 10";
    expect(cpuUsOfStat(line)).toBe(300_000);
  });
});
