import type { Clock } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { createUsedQueues } from "./used-queues.js";

function world() {
  let now = 0;
  const clock = { monotonicMs: () => now } as Clock;
  const used = createUsedQueues(clock);
  return {
    used,
    pass: (ms: number): void => void (now += ms),
    names: (): string[] | undefined => used.lately() && [...used.lately()!.keys()],
  };
}

describe("the queues in use", () => {
  it("are not known before the first message, and none if it goes to an exchange", () => {
    const { used, names } = world();
    expect(names()).toBeUndefined();
    used.note(new Map());
    expect(names()).toEqual([]);
  });

  it("are those of a day, and the last twelve of many", () => {
    const { used, pass, names } = world();
    used.note(new Map([["old", null]]));
    pass(23 * 3_600_000);
    used.note(new Map([["new", null]]));
    expect(names()).toEqual(["old", "new"]);
    pass(3_600_000);
    expect(names()).toEqual(["new"]);
    used.note(new Map(Array.from({ length: 13 }, (_, index) => [`queue-${index}`, null])));
    expect(names()).toEqual(Array.from({ length: 12 }, (_, index) => `queue-${index + 1}`));
  });

  it("keep the arguments that the entry of the last message gives", () => {
    const { used } = world();
    used.note(new Map([["mail", null]]));
    used.note(new Map([["mail", { "x-queue-type": "quorum" }]]));
    expect(used.lately()).toEqual(new Map([["mail", { "x-queue-type": "quorum" }]]));
  });
});
