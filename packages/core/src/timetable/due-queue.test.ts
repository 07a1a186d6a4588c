import { describe, expect, it } from "vitest";

import { DueQueue } from "./due-queue.js";

describe("the queue of next instants", () => {
  it("returns the earliest first, even after moves and removals (compared with a sorted list)", () => {
    const queue = new DueQueue();
    const truth = new Map<number, number>();
    let state = 12345;
    const random = (below: number): number => (state = (state * 1103515245 + 12345) % 2 ** 31) % below;
    for (let step = 0; step < 20_000; step++) {
      const slot = random(3_000);
      const act = random(10);
      if (act < 6) {
        const at = random(1_000_000);
        queue.set(slot, at);
        truth.set(slot, at);
      } else if (act < 8) {
        queue.remove(slot);
        truth.delete(slot);
      } else if (truth.size > 0) {
        const earliest = Math.min(...truth.values());
        expect(queue.earliest).toBe(earliest);
        const popped = queue.pop()!;
        expect(truth.get(popped)).toBe(earliest);
        truth.delete(popped);
      }
      expect(queue.size).toBe(truth.size);
    }
    const rest = Array.from({ length: queue.size }, () => truth.get(queue.pop()!)!);
    expect(rest).toEqual([...rest].sort((a, b) => a - b));
    expect(queue.pop()).toBeUndefined();
    expect(queue.earliest).toBe(Infinity);
  });

  it("returns slots with the same instant group by group, and an earlier instant before any group", () => {
    const queue = new DueQueue();
    const slots = Array.from({ length: 2_000 }, (_, slot) => slot);
    for (const slot of slots) queue.setGroup(slot, (slot * 7) % 16);
    for (const slot of slots) queue.set(slot, slot < 1_000 ? 2_000 : 1_000);
    const popped = slots.map(() => queue.pop()!);
    const keys = popped.map((slot) => [slot < 1_000 ? 2_000 : 1_000, (slot * 7) % 16] as const);
    expect(keys).toEqual([...keys].sort(([at, group], [other, otherGroup]) => at - other || group - otherGroup));
    expect(new Set(popped).size).toBe(slots.length);
  });

  it("counts what is due, up to a number", () => {
    const queue = new DueQueue();
    expect(queue.countUntil(Infinity, 10)).toBe(0);
    for (let slot = 0; slot < 3_000; slot++) queue.set(slot, (slot * 7_919) % 3_000);
    for (const at of [-1, 0, 1, 500, 2_998, 2_999, 10_000]) {
      expect(queue.countUntil(at, 5_000)).toBe(Math.min(3_000, at + 1));
      expect(queue.countUntil(at, 100)).toBe(Math.min(100, at + 1));
    }
  });
});
