import { isLease, type Lease } from "@beatx/core/adapter";
import { describe as topic, expect, it } from "vitest";
import { acquire, describe, isCurrent, renew, type LockRow, type Moment } from "./lock.js";
import type { MachineClock } from "./machine-clock.js";

const NOW = 1_767_225_600_000;

function machineAt(nowMs: number, bootId = "first boot"): MachineClock {
  return { nowMs: () => nowMs, bootId };
}

function momentAt(nowMs: number, sinceLossMs = Infinity): Moment {
  return { now: NOW + 500, machine: machineAt(nowMs), sinceLossMs };
}

function take(
  row: LockRow | undefined,
  token: string,
  machine: MachineClock,
  now = NOW,
): { lease: Lease; row: LockRow } {
  const taken = acquire(row, { token, ttlMs: 1000, label: `host:${token}` }, { now, machine, sinceLossMs: Infinity });
  if (!isLease(taken.answer) || taken.row === undefined) throw new Error("the lock was refused");
  return { lease: taken.answer, row: taken.row };
}

topic("the lock", () => {
  it("lives at least as long as requested, and one more millisecond at most", () => {
    const { lease, row } = take(undefined, "a", machineAt(5000));
    expect(isCurrent(row, lease, machineAt(6000))).toBe(true);
    expect(isCurrent(row, lease, machineAt(6001))).toBe(false);
  });

  it("refuses another node and returns the remaining lifetime of the lock", () => {
    const { row } = take(undefined, "a", machineAt(5000));
    const { answer, row: changed } = acquire(row, { token: "b", ttlMs: 1000, label: "b" }, momentAt(5400));
    expect(answer).toEqual({
      retryAfterMs: 601,
      leader: { fence: NOW, label: "host:a", since: NOW, expiresInMs: 601 },
    });
    expect(changed).toBeUndefined();
  });

  it("is prolonged by its own token, and keeps its fence, label and start", () => {
    const first = take(undefined, "a", machineAt(5000));
    const again = acquire(first.row, { token: "a", ttlMs: 9000, label: "other" }, momentAt(5500));
    expect(again.answer).toEqual(first.lease);
    expect(describe(again.row, machineAt(5500))).toEqual({
      fence: NOW,
      label: "host:a",
      since: NOW,
      expiresInMs: 9001,
    });
  });

  it("gives a higher fence to the next holder, whatever the wall clock says", () => {
    const first = take(undefined, "a", machineAt(5000));
    expect(take(first.row, "b", machineAt(9000), NOW - 86_400_000).lease.fence).toBe(NOW + 1);
    expect(take({ fence: 5, holder: null }, "b", machineAt(9000)).lease.fence).toBe(NOW);
  });

  it("is not revived by a renewal that is too late or has another fence", () => {
    const { lease, row } = take(undefined, "a", machineAt(5000));
    expect(renew(row, lease, 1000, machineAt(6001))).toBeUndefined();
    expect(renew(row, { ...lease, fence: lease.fence - 1 }, 1000, machineAt(5500))).toBeUndefined();
    expect(renew(row, { ...lease, token: "b" }, 1000, machineAt(5500))).toBeUndefined();
    expect(renew(row, lease, 1000, machineAt(5999))?.holder?.untilMs).toBe(7000);
  });

  it("is free after a reboot, even before its end by the clock of the new boot", () => {
    const { lease, row } = take(undefined, "a", machineAt(5000));
    const rebooted = machineAt(5100, "second boot");
    expect(isCurrent(row, lease, rebooted)).toBe(false);
    expect(describe(row, rebooted)).toBeNull();
    expect(take(row, "b", rebooted).lease.fence).toBe(NOW + 1);
  });

  it("is free after a reboot of a system without boot ids, whose clock has restarted", () => {
    const { lease, row } = take(undefined, "a", machineAt(500_000, ""));
    expect(isCurrent(row, lease, machineAt(500_999, ""))).toBe(true);
    expect(isCurrent(row, lease, machineAt(20_000, ""))).toBe(false);
    expect(take(row, "b", machineAt(20_000, "")).lease.fence).toBe(NOW + 1);
  });

  it("is refused until a lease that was lost with the data has run out, unless a node leads already", () => {
    const request = { token: "b", ttlMs: 1000, label: "b" };
    const waiting = acquire(undefined, request, momentAt(5000, 300));
    expect(waiting.answer).toMatchObject({
      retryAfterMs: 701,
      leader: null,
      reason: expect.stringContaining("deleted"),
    });
    expect(waiting.row).toBeUndefined();
    expect(isLease(acquire(undefined, request, momentAt(5701, 1001)).answer)).toBe(true);
    const leading = take(undefined, "b", machineAt(5000));
    expect(acquire(leading.row, request, momentAt(5100, 300)).answer).toEqual(leading.lease);
  });
});
