import { describe, expect, it } from "vitest";

import { notingLogger, START } from "../../test/world.js";
import { ScheduleTypes } from "../discovery/schedule-types.js";
import { encodeDefinition } from "../entry/definition.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { FakeClock } from "../testing/fake-clock.js";
import type { DueEntry } from "../timetable/live-entry.js";
import { Timetable } from "../timetable/timetable.js";
import { BeatEmitter } from "./events.js";
import { Reporter } from "./reporter.js";

const ENTRY = { kind: "entry", source: "api", effectiveFrom: START, paused: false, overridden: false } as const;

/** A decision that only skips. The reporter asks nothing else of the entry than its name. */
function skips(name: string, skipped: number): DueEntry {
  const decision = { send: [], to: START, skipped, atLeast: false };
  return { entry: { name } as DueEntry["entry"], decision };
}

describe("the log line of missed occurrences", () => {
  it("counts all that was skipped since the last one, of one entry too", () => {
    const lines: string[] = [];
    const reporter = new Reporter(new BeatEmitter(), notingLogger(lines), new FakeClock(START));
    reporter.done(skips("ping", 2), [], 0);
    reporter.done(skips("ping", 3), [], 0);
    reporter.done(skips("pong", 1), [], 0);
    reporter.logMissed();
    reporter.logMissed();
    expect(lines).toEqual(["6 missed occurrences were not sent, by policy: ping, pong"]);
  });
});

describe("the report of broken entries", () => {
  /** A timetable with this many entries of each schedule type. */
  function timetableWith(counts: Readonly<Record<string, number>>): Timetable {
    const timetable = new Timetable(ruleParser("UTC"));
    for (const [type, count] of Object.entries(counts)) {
      for (let index = 0; index < count; index += 1) {
        const definition = encodeDefinition({ ...ENTRY, entry: { task: "t", schedule: { type } } });
        timetable.apply({ name: `${type}${index}`, revision: "1", definition, cursor: null }, true);
      }
    }
    return timetable;
  }

  it("has one line and one event for each missing schedule type, with the number of entries and what to install", async () => {
    const [lines, events]: [string[], string[]] = [[], []];
    const emitter = new BeatEmitter();
    emitter.on("error", ({ message }) => events.push(message));
    const types = new ScheduleTypes();
    const reporter = new Reporter(emitter, notingLogger(lines), new FakeClock(START), types);
    const timetable = timetableWith({ lunar: 5000, tidal: 1, interval: 1 });
    await types.loadMissing(["lunar", "tidal"]);
    reporter.brokenEntries(timetable);
    reporter.brokenEntries(timetable);
    expect(lines).toEqual([
      expect.stringContaining('the stored entry "interval0" is broken'),
      expect.stringMatching(
        /^5000 stored entries are broken \(lunar0, .*, lunar4, …\): no package .* "lunar".*npm inst/,
      ),
      expect.stringMatching(/^the stored entry "tidal0" is broken: no package .* "tidal".*npm install @beatx/),
    ]);
    expect(events).toEqual(lines);
  });
});
