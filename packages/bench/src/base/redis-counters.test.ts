import { describe, expect, it } from "vitest";
import { callsOf, counted, cpuUsOf } from "./redis-counters.js";

const COMMANDS = [
  "# Commandstats",
  "cmdstat_lpush:calls=500,usec=900,usec_per_call=1.80,rejected_calls=0,failed_calls=0",
  "cmdstat_config|resetstat:calls=1,usec=50,usec_per_call=50.00,rejected_calls=0,failed_calls=0",
  "cmdstat_evalsha:calls=2,usec=7000,usec_per_call=3500.00,rejected_calls=0,failed_calls=0",
].join("\r\n");

describe("the counters of a Redis server", () => {
  it("are its CPU time and the calls of all commands but those of the measurement", () => {
    expect(cpuUsOf("# CPU\r\nused_cpu_sys:0.250000\r\nused_cpu_user:1.500000\r\n")).toBe(1_750_000);
    expect(callsOf(COMMANDS)).toEqual({ lpush: 500, evalsha: 2 });
  });

  it("are counted between two readings", () => {
    const before = { cpuUs: 100, calls: { lpush: 400, time: 3 } };
    const after = { cpuUs: 150, calls: { lpush: 500, time: 3, evalsha: 1 } };
    expect(counted(before, after)).toEqual({ cpuUs: 50, calls: { lpush: 100, evalsha: 1 } });
  });
});
