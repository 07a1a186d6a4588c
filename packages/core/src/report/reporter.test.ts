import { describe, expect, it } from "vitest";

import { notingLogger, START } from "../../test/world.js";
import { FakeClock } from "../testing/fake-clock.js";
import type { DueEntry } from "../timetable/live-entry.js";
import { BeatEmitter } from "./events.js";
import { Reporter } from "./reporter.js";

/** A decision that only skips. The reporter asks nothing else of the entry than its name. */
function skips(name: string, skipped: number): DueEntry {
  const decision = { send: null, to: START, skipped, atLeast: false };
  return { entry: { name } as DueEntry["entry"], decision };
}

describe("the log line of missed occurrences", () => {
  it("counts all that was skipped since the last one, of one entry too", () => {
    const lines: string[] = [];
    const reporter = new Reporter(new BeatEmitter(), notingLogger(lines), new FakeClock(START));
    reporter.done(skips("ping", 2), null, 1, 0);
    reporter.done(skips("ping", 3), null, 1, 0);
    reporter.done(skips("pong", 1), null, 1, 0);
    reporter.logMissed();
    reporter.logMissed();
    expect(lines).toEqual(["6 missed occurrences were not sent, by policy: ping, pong"]);
  });
});
