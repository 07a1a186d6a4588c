import { describe, expect, it } from "vitest";

import { notingLogger, START } from "../../test/world.js";
import type { Message } from "../contract/publisher.js";
import { ScheduleTypes } from "../discovery/schedule-types.js";
import { encodeDefinition } from "../entry/definition.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { FakeClock } from "../testing/fake-clock.js";
import type { DueEntry } from "../timetable/live-entry.js";
import { Timetable } from "../timetable/timetable.js";
import { BeatEmitter } from "./events.js";
import { silentLogger } from "./logger.js";
import { Reporter } from "./reporter.js";

const ENTRY = { kind: "entry", source: "api", effectiveFrom: START, paused: false, overridden: false } as const;

/** A decision that only skips. The reporter asks only for the name of the entry. */
function skips(name: string, skipped: number): DueEntry {
  const decision = { send: [], to: START, skipped, atLeast: false };
  return { entry: { name, definition: ENTRY as unknown } as DueEntry["entry"], decision };
}

function messageOf(entry: string): Message {
  return { id: `id of ${entry}`, entry, task: "t", scheduledAt: START } as Message;
}

describe("the log line of missed occurrences", () => {
  it("counts all that was skipped since the last one, of one entry too", () => {
    const lines: string[] = [];
    const reporter = new Reporter(new BeatEmitter(), notingLogger(lines), new FakeClock(START));
    reporter.done(skips("ping", 2), [], 0);
    reporter.done(skips("ping", 3), [], 0);
    reporter.done(skips("pong", 1), [], 0);
    reporter.logEntries();
    reporter.logEntries();
    expect(lines).toEqual(["6 missed occurrences were not sent, by policy: ping, pong"]);
  });
});

describe("an outage", () => {
  const silence = (waitedMs: number): Error => new Error(`b:1 did not answer within ${waitedMs} ms`);

  it("is logged when it begins, for a new reason, once a minute, and when it ends", async () => {
    const lines: string[] = [];
    const clock = new FakeClock(START);
    const reporter = new Reporter(new BeatEmitter(), notingLogger(lines), clock);
    for (let second = 0; second < 70; second += 1) {
      reporter.failed("publisher", second < 10 ? silence(1000 + second) : new Error("b:1 is short of memory"));
      await clock.advance(1000);
    }
    reporter.works("publisher");
    expect(lines).toEqual([
      "publisher: b:1 did not answer within 1000 ms",
      "publisher: still, after 10.0 s: b:1 is short of memory",
      "publisher: works again after 70.0 s",
    ]);
  });

  it("that changes its reason with each attempt makes few lines", async () => {
    const lines: string[] = [];
    const clock = new FakeClock(START);
    const reporter = new Reporter(new BeatEmitter(), notingLogger(lines), clock);
    for (let second = 0; second < 600; second += 1) {
      for (const peer of ["publisher", "store"] as const) reporter.failed(peer, new Error("reason ".repeat(second)));
      await clock.advance(1000);
    }
    expect(lines.filter((line) => line.startsWith("publisher"))).toHaveLength(10 + 4);
    expect(lines.filter((line) => line.startsWith("store"))).toHaveLength(10);
  });
});

describe("20 000 entries that fail in one tick", () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `entry ${index}`);

  function begin(): { reporter: Reporter; lines: string[]; events: string[] } {
    const [lines, events]: [string[], string[]] = [[], []];
    const emitter = new BeatEmitter();
    emitter.on("error", ({ message }) => events.push(message));
    return { reporter: new Reporter(emitter, notingLogger(lines), new FakeClock(START)), lines, events };
  }

  it("make one line when that begins, and one event in each tick", () => {
    const { reporter, lines, events } = begin();
    const together = /^20000 entries failed \(entry 0, entry 1, entry 2, entry 3, entry 4, …\): no route$/;
    for (let tick = 0; tick < 2; tick += 1) {
      for (const name of names) reporter.entryFailed(name, new Error("no route"));
      reporter.logEntries();
    }
    expect(lines).toEqual([expect.stringMatching(together)]);
    expect(events).toEqual([expect.stringMatching(together), expect.stringMatching(together)]);
    reporter.done(skips("entry 7", 0), [], 0);
    for (const name of names) reporter.entryFailed(name, new Error("no queue"));
    reporter.logEntries();
    expect(lines.slice(1)).toEqual(["entry 7: no queue"]);
  });

  it("make one line and one event if they are uncertain, and six lines if an earlier leader claimed them", () => {
    const { reporter, lines, events } = begin();
    for (const name of names) reporter.uncertain(skips(name, 0), messageOf(name), new Error("no answer"));
    reporter.logEntries();
    expect(lines).toEqual(["publisher: no answer"]);
    expect(events).toEqual(["no answer"]);
    for (const name of names) reporter.openClaim(messageOf(name));
    reporter.logEntries();
    expect(lines.slice(1)).toHaveLength(6);
    expect(lines[1]).toMatch(/^entry 0: the occurrence of .* is uncertain/);
    expect(lines[6]).toMatch(/^19995 more occurrences .* are uncertain: entry 5, .*, entry 9, …$/);
  });

  it("make six lines if their handlers failed", () => {
    const { reporter, lines } = begin();
    const failed = { outcome: "failed", durationMs: 1, error: new Error("no disk") } as const;
    for (const name of names) reporter.run({ ...failed, message: messageOf(name) });
    reporter.logEntries();
    reporter.logEntries();
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe("entry 0: the run failed: no disk");
    expect(lines[5]).toBe("19995 more runs failed: entry 5, entry 6, entry 7, entry 8, entry 9, …");
  });
});

describe("the log line of changes", () => {
  it("comes at most every 3 s, and counts all changes since the last one; each reading has its event", async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, info: (fields: object) => void lines.push(JSON.stringify(fields)) };
    const emitter = new BeatEmitter();
    let events = 0;
    emitter.on("changed", () => (events += 1));
    const clock = new FakeClock(START);
    const reporter = new Reporter(emitter, logger, clock);
    const change = { added: ["a", "b"], updated: ["c"], removed: [], isLost: false, missing: new Set<string>() };
    for (let reading = 0; reading < 100; reading += 1) reporter.changed(change);
    reporter.logEntries();
    expect(lines).toEqual(['{"added":2,"updated":1,"removed":0}']);
    await clock.advance(3_000);
    reporter.logEntries();
    reporter.logEntries();
    expect(lines.slice(1)).toEqual(['{"added":198,"updated":99,"removed":0}']);
    expect(events).toBe(100);
  });
});

describe("the log line of a store in an older state", () => {
  it("comes at most every 3 s, and counts all entries that went back since the last one", async () => {
    const lines: string[] = [];
    const clock = new FakeClock(START);
    const reporter = new Reporter(new BeatEmitter(), notingLogger(lines), clock);
    reporter.wentBack(1);
    for (let tick = 0; tick < 6; tick += 1) {
      reporter.logEntries();
      for (let batch = 0; batch < 10; batch += 1) reporter.wentBack(500);
      await clock.advance(1_000);
    }
    expect(lines).toEqual([
      expect.stringMatching(/^the store went back to an older state.* \(1 entry\)$/),
      expect.stringMatching(/^the store went back to an older state.* \(15000 entries\)$/),
    ]);
  });
});

describe("the log line of a store's notice", () => {
  const HOUR_MS = 3_600_000;

  it("comes again after an hour if the damage does", async () => {
    const lines: string[] = [];
    const clock = new FakeClock(START);
    const reporter = new Reporter(new BeatEmitter(), notingLogger(lines), clock);
    for (let tick = 0; tick < 50; tick += 1) {
      reporter.notices(["a key was damaged"]);
      await clock.advance(HOUR_MS / 10);
    }
    expect(lines).toHaveLength(5);
  });

  it("comes however many others there were, and the newest 1000 are remembered", () => {
    const lines: string[] = [];
    const reporter = new Reporter(new BeatEmitter(), notingLogger(lines), new FakeClock(START));
    const notices = Array.from({ length: 1_500 }, (_, index) => `key ${index} was damaged`);
    reporter.notices(notices);
    expect(lines).toEqual(notices);
    reporter.notices(notices.slice(500));
    expect(lines).toHaveLength(1_500);
    reporter.notices(notices.slice(0, 1));
    expect(lines).toHaveLength(1_501);
  });
});

describe("the log line of an entry that fails", () => {
  it.each<[string, (reporter: Reporter) => void]>([
    ["the term has ended", (reporter) => reporter.termEnded()],
    [
      "the entry was removed and made anew",
      (reporter) =>
        reporter.changed({ added: [], updated: [], removed: ["a"], isLost: false, missing: new Set<string>() }),
    ],
  ])("comes again after %s", (_, happens) => {
    const lines: string[] = [];
    const reporter = new Reporter(new BeatEmitter(), notingLogger(lines), new FakeClock(START));
    const fail = (): void => {
      reporter.entryFailed("a", new Error("no route"));
      reporter.logEntries();
    };
    fail();
    fail();
    happens(reporter);
    fail();
    expect(lines.filter((line) => line === "a: no route")).toHaveLength(2);
  });
});

describe("the report of broken entries", () => {
  it("has one line and one event for all that one reading found", () => {
    const [lines, events]: [string[], string[]] = [[], []];
    const emitter = new BeatEmitter();
    emitter.on("error", ({ message }) => events.push(message));
    const reporter = new Reporter(emitter, notingLogger(lines), new FakeClock(START));
    const timetable = new Timetable(ruleParser("UTC"));
    const apply = (name: string): unknown =>
      timetable.apply({ name, revision: "1", definition: "{", cursor: null }, true);
    for (let index = 0; index < 20_000; index += 1) apply(`job ${index}`);
    reporter.brokenEntries(timetable);
    apply("one more");
    reporter.brokenEntries(timetable);
    expect(lines).toEqual([
      expect.stringMatching(/^20000 stored entries are broken \(job 0, .*, job 4, …\): .*"job 0".* not JSON/),
      expect.stringMatching(/"one more".* not JSON/),
    ]);
    expect(events).toEqual(lines);
  });

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

  it("has one line and one event for each missing schedule type, with the number of entries and what to do", async () => {
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
        /^5000 stored entries are broken \(lunar0, .*, lunar4, …\): no package .* "lunar".*pass a type in/,
      ),
      expect.stringMatching(
        /^the stored entry "tidal0" is broken: no package .* "tidal".*pass a type in `scheduleTypes`/,
      ),
    ]);
    expect(events).toEqual(lines);
  });
});
