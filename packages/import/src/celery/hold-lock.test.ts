import { StoreError } from "@beatx/core";
import { FakeClock } from "@beatx/core/testing";
import { describe, expect, it } from "vitest";

import { type ForeignLock, holdLock, LOCK_LIFETIME_MS } from "./hold-lock.js";

type Answer = boolean | Error;

/** A lock on a server: `busy` refusals before it is free, then what its renewals answer; the last answer goes on. */
function fakeLock(busy: number, answers: readonly Answer[] = [true]): ForeignLock & { readonly calls: string[] } {
  const calls: string[] = [];
  let [refusals, renewals] = [busy, 0];
  return {
    key: "redbeat::lock",
    calls,
    take: () => {
      calls.push("take");
      return Promise.resolve(refusals-- === 0);
    },
    leftMs: () => Promise.resolve(1500),
    renew: () => {
      calls.push("renew");
      const answer = answers[Math.min(renewals++, answers.length - 1)]!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    release: () => {
      calls.push("release");
      return Promise.resolve();
    },
  };
}

describe("holding the lock of another scheduler", () => {
  it("waits while another has it, and says so once", async () => {
    const clock = new FakeClock();
    const said: string[] = [];
    const lock = fakeLock(3);
    const held = holdLock(lock, { owner: "RedBeat", clock, say: (line) => void said.push(line) });
    await clock.advance(10_000);
    await (await held).release();
    expect(lock.calls.filter((call) => call === "take")).toHaveLength(4);
    expect(said).toEqual([expect.stringContaining("redbeat::lock of a running RedBeat: stop it, or wait 2 s")]);
  });

  it("renews it until it is released", async () => {
    const clock = new FakeClock();
    const lock = fakeLock(0);
    const hold = await holdLock(lock, { owner: "RedBeat", clock, say: () => undefined });
    await clock.advance(LOCK_LIFETIME_MS);
    expect(lock.calls).toEqual(["take", "renew", "renew", "renew"]);
    await hold.release();
    await clock.advance(LOCK_LIFETIME_MS);
    expect(lock.calls.slice(4)).toEqual(["release"]);
  });

  it("is lost as soon as another has it, and then releases nothing", async () => {
    const clock = new FakeClock();
    const lock = fakeLock(0, [true, false]);
    const hold = await holdLock(lock, { owner: "RedBeat", clock, say: () => undefined });
    const lost = expect(hold.lost).rejects.toThrow("redbeat::lock was lost: RedBeat may run again");
    await clock.advance(LOCK_LIFETIME_MS);
    await lost;
    await hold.release();
    expect(lock.calls).not.toContain("release");
  });

  it("outlives an answer that does not come, but not so many that the lock may have run out", async () => {
    const clock = new FakeClock();
    const away = new StoreError("away");
    const lock = fakeLock(0, [away, true, away]);
    const hold = await holdLock(lock, { owner: "RedBeat", clock, say: () => undefined });
    let isLost = false;
    hold.lost.catch(() => (isLost = true));
    await clock.advance(LOCK_LIFETIME_MS);
    expect(isLost).toBe(false);
    await clock.advance(LOCK_LIFETIME_MS);
    expect(isLost).toBe(true);
  });
});
