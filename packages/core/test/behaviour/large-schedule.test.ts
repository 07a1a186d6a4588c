import { describe, expect, it } from "vitest";

import type { Message } from "../../src/contract/publisher.js";
import { interval } from "../../src/schedule/index.js";
import { BusyClock, countTurns } from "../event-loop.js";
import { range, START, world } from "../world.js";

describe("many entries that are due at once", () => {
  it("go out in slices, so that a renewal does not wait for the last of them", async () => {
    const { clock, run } = world(new BusyClock(START, 1));
    const turns = countTurns();
    const sentInTurn = new Map<number, number>();
    const names = new Set<string>();
    const publisher = async ({ entry }: Message): Promise<void> => {
      names.add(entry);
      sentInTurn.set(turns(), (sentInTurn.get(turns()) ?? 0) + 1);
    };
    const entry = { task: "t", schedule: interval("1h", { anchor: START + 5_000 }) };
    await run({ publisher, schedule: Object.fromEntries(range(1, 1_100).map((n) => [`entry ${n}`, entry])) });
    while (names.size < 1_100) await clock.advance(100);
    expect(Math.max(...sentInTurn.values())).toBeLessThanOrEqual(500);
  });
});
