import { describe, expect, it } from "vitest";

import { FakeClock } from "../testing/fake-clock.js";
import { type EndReason, Term } from "./term.js";

function begin(clock = new FakeClock()) {
  const ends: [EndReason, boolean][] = [];
  const askedAt = { monotonicMs: clock.monotonicMs(), wallMs: clock.now() };
  const term = new Term({ token: "t", fence: 7 }, askedAt, 1_000, clock, (reason, wasTrusted) => {
    ends.push([reason, wasTrusted]);
  });
  return { clock, term, ends };
}

describe("a term", () => {
  it("is trusted until its time is over, and longer when the lease is extended", async () => {
    const { clock, term } = begin();
    await clock.advance(900);
    expect(term.isTrusted()).toBe(true);
    expect(term.isTrusted(200)).toBe(false);
    term.extend({ monotonicMs: clock.monotonicMs(), wallMs: clock.now() });
    expect(term.isTrusted(200)).toBe(true);
    await clock.advance(1_000);
    expect(term.isTrusted()).toBe(false);
  });

  it("ends once, with the first reason, and is never trusted again", () => {
    const { clock, term, ends } = begin();
    term.end("no progress");
    term.end("stopped");
    term.extend({ monotonicMs: clock.monotonicMs(), wallMs: clock.now() });
    expect(ends).toEqual([["no progress", true]]);
    expect(term.isTrusted()).toBe(false);
  });

  it("aborts the senders before it reports its end, so nothing is sent afterwards", () => {
    const clock = new FakeClock();
    const order: string[] = [];
    const askedAt = { monotonicMs: clock.monotonicMs(), wallMs: clock.now() };
    const term = new Term({ token: "t", fence: 7 }, askedAt, 1_000, clock, () => order.push("end"));
    term.ended.addEventListener("abort", () => order.push("abort"));
    term.end("stopped");
    expect(order).toEqual(["abort", "end"]);
  });

  it("says that trust was gone when it ends too late", async () => {
    const { clock, term, ends } = begin();
    await clock.advance(1_000);
    term.end("no renewal in time");
    expect(ends).toEqual([["no renewal in time", false]]);
  });

  it("is not trusted while the wall clock has moved on without the monotonic one", () => {
    const { clock, term } = begin();
    clock.stepWallClock(3_600_000);
    expect(term.isTrusted()).toBe(false);
    term.extend({ monotonicMs: clock.monotonicMs(), wallMs: clock.now() });
    expect(term.isTrusted()).toBe(true);
  });

  it("is trusted for a while only if both clocks leave that time", () => {
    const { clock, term } = begin();
    clock.stepWallClock(600);
    expect(term.isTrusted(300)).toBe(true);
    expect(term.isTrusted(400)).toBe(false);
    clock.stepWallClock(-3_600_000);
    expect(term.isTrusted(900)).toBe(true);
    expect(term.isTrusted(1_000)).toBe(false);
  });

  it("measures the time without progress", async () => {
    const { clock, term } = begin();
    await clock.advance(300);
    expect(term.idleMs).toBe(300);
    term.noteProgress();
    expect(term.idleMs).toBe(0);
  });
});
