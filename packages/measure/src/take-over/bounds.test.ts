import { describe, expect, it } from "vitest";
import { afterCrash, afterLostWakeUp, afterStop, afterStoreReturn, boundMs } from "./bounds.js";

// With ttl 3000, slack at most 250, pollEvery 1000 and a command of 10 ms.
describe("the promised bound of a take-over", () => {
  it.each([
    ["after a crash, on Redis", afterCrash("redis"), 3_290],
    ["after a crash, on LMDB", afterCrash("lmdb"), 3_290],
    ["after a crash, on memcached", afterCrash("memcached"), 4_990],
    ["after a graceful stop", afterStop("redis"), 70],
    ["after a graceful stop on memcached, which wakes nobody", afterStop("memcached"), 1_230],
    ["after a graceful stop with a lost wake-up", afterLostWakeUp(), 1_230],
    ["after the return of Redis", afterStoreReturn("redis"), 4_790],
    ["after the return of memcached", afterStoreReturn("memcached"), 6_490],
  ])("%s is %#", (_when, bound, ms) => {
    expect(boundMs(bound, 10)).toBe(ms);
  });

  it("counts no command longer than its deadline of 700 ms", () => {
    expect(boundMs(afterCrash("redis"), 5_000)).toBe(3_250 + 4 * 700);
  });
});
