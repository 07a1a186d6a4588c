import { describe, expect, it } from "vitest";

import { seeded } from "@beatx/test-servers/seeded";
import { START } from "../../test/world.js";
import { type Cursor, encodeCursor, NEW_CURSOR } from "../entry/cursor.js";
import { encodeDefinition, type EntryDefinition } from "../entry/definition.js";
import { entryToJson, readEntry } from "../entry/read-entry.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { findAhead } from "./clock-ahead.js";
import { dueAtOf, type LiveEntry, shouldBeRemoved } from "./live-entry.js";
import { cursorAfter } from "./next-cursor.js";
import { nextToSend } from "./next-instant.js";
import { resumed } from "./start.js";
import { Timetable } from "./timetable.js";
import { upcoming } from "./upcoming.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const parseRule = ruleParser("UTC");
const PAUSE = { note: "db upgrade", by: "anna", at: START };

const definitionOf = (input: object, fields: Partial<EntryDefinition> = {}): EntryDefinition => ({
  kind: "entry",
  source: "api",
  effectiveFrom: START - HOUR,
  paused: false,
  overridden: false,
  entry: entryToJson(readEntry({ task: "t", ...input }, "job", "job", parseRule)),
  ...fields,
});

function timetableOf(definition: EntryDefinition, cursor: Cursor | null = null): Timetable {
  const timetable = new Timetable(parseRule);
  const text = cursor && encodeCursor(cursor);
  timetable.apply({ name: "job", definition: encodeDefinition(definition), revision: "1", cursor: text }, true);
  return timetable;
}

const liveOf = (timetable: Timetable): LiveEntry => timetable.entries.get("job")!;
const cursorAt = (at: number, runs = 1): Cursor => ({ ...NEW_CURSOR, at, runs, fence: 1, sentAt: at });

/** What a leader does at these moments, ascending: sends, skips, and the next moment at which it would look. */
function follow(timetable: Timetable, moments: readonly number[]): string[] {
  const done: string[] = [];
  for (const now of moments) {
    const { due } = timetable.takeDue(now, 10);
    for (const { entry, decision } of due) {
      const { send, skipped, to } = decision;
      done.push(`${now - START}: sends ${send.map((at) => at - START).join()} skips ${skipped} to ${to - START}`);
      entry.cursor = cursorAfter(entry.cursor, decision, { fence: 1, now });
      timetable.putBack(entry);
    }
    const next = nextToSend(liveOf(timetable).rule, liveOf(timetable).cursor);
    done.push(`next ${next === null ? "never" : next - START}`);
  }
  return done;
}

describe("a pause that ends by itself", () => {
  it("is exactly as if the entry had been resumed at its end (R15)", () => {
    const random = seeded(20_301);
    const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
    const pick = <T>(values: readonly T[]): T => values[between(0, values.length - 1)]!;
    let sending = 0;
    for (let round = 0; round < 3_000; round++) {
      const until = START + between(1, 3 * HOUR);
      const schedule = pick([
        `${between(1, 90)}s`,
        "7m",
        "*/13 * * * *",
        { type: "clocked", at: new Date(until + between(-2 * MINUTE, MINUTE)).toISOString() },
        { type: "clocked", at: new Date(START + between(-HOUR, 4 * HOUR)).toISOString() },
      ]);
      const bounds = pick([{}, {}, { endAt: START + between(0, 3 * HOUR) }, { startAt: START + between(0, 3 * HOUR) }, { maxRuns: between(1, 4) }]); // prettier-ignore
      const policy = { missed: pick(["latest", "all", "skip"]), firstRun: pick(["next", "now"]), jitterMs: pick([0, 0, 90_000]), spreadMs: pick([0, 0, 400_000]) }; // prettier-ignore
      const deadline = { deadlineMs: pick([null, 30_000]), whenDone: pick(["keep", "remove"]) };
      const before = pick([null, null, cursorAt(START - between(0, HOUR)), cursorAt(START + between(0, 2 * HOUR))]);
      const skips = pick([undefined, undefined, START - between(0, HOUR)]);
      const active = definitionOf({ schedule, ...bounds, ...policy, ...deadline }, { skipUntil: skips });
      const paused: EntryDefinition = { ...active, paused: true, pause: { ...PAUSE, until } };
      const byItself = timetableOf(paused, before);
      const byHand = timetableOf(
        resumed({ ...active, paused: true }, liveOf(timetableOf(active, before)), until),
        before,
      );
      const moments = Array.from({ length: 12 }, () => until + between(0, pick([1, MINUTE, HOUR]))).sort(
        (a, b) => a - b,
      );
      const seen = follow(byItself, moments);
      expect(seen, `round ${round}`).toEqual(follow(byHand, moments));
      expect(shouldBeRemoved(liveOf(byItself), until)).toBe(shouldBeRemoved(liveOf(byHand), until));
      if (seen.some((line) => line.includes("sends"))) sending += 1;
    }
    expect(sending).toBeGreaterThan(1_000);
  });

  it("sends nothing before its end, whatever is due, and is looked at again at the end", () => {
    const until = START + HOUR;
    for (const schedule of ["10s", { type: "clocked", at: new Date(START + MINUTE).toISOString() }]) {
      const timetable = timetableOf(definitionOf({ schedule }, { paused: true, pause: { ...PAUSE, until } }));
      expect(timetable.takeDue(until - 1, 10).due).toEqual([]);
      expect(dueAtOf(liveOf(timetable))).toBeGreaterThanOrEqual(until);
      expect(timetable.nextDueAt).toBeGreaterThanOrEqual(until);
    }
  });

  it("shows runs after its end only", () => {
    const until = START + HOUR + 1;
    const live = liveOf(timetableOf(definitionOf({ schedule: "10m" }, { paused: true, pause: { ...PAUSE, until } })));
    const shown = collect(upcoming([live], 3));
    expect(shown.map(({ scheduledAt }) => (scheduledAt - START) / MINUTE)).toEqual([70, 80, 90]);
  });

  it("shows a last instant that has just passed as a run at its end", () => {
    const until = START + HOUR;
    const once = { type: "clocked", at: new Date(until - 20_000).toISOString() };
    const live = liveOf(timetableOf(definitionOf({ schedule: once }, { paused: true, pause: { ...PAUSE, until } })));
    expect(collect(upcoming([live], 3))).toEqual([{ entry: "job", scheduledAt: until - 20_000, runAt: until }]);
  });

  it("keeps a done entry from being removed, and skips, counts and reports what passed in it", () => {
    const until = START + HOUR;
    const once = { schedule: { type: "clocked", at: new Date(START + MINUTE).toISOString() }, whenDone: "remove" };
    const timetable = timetableOf(definitionOf(once, { paused: true, pause: { ...PAUSE, until } }));
    for (const now of [START, until - 1]) expect(shouldBeRemoved(liveOf(timetable), now)).toBe(false);
    expect(timetable.nextDueAt).toBe(until);
    expect(follow(timetable, [until])).toEqual([`${HOUR}: sends  skips 1 to ${MINUTE}`, "next never"]);
    expect(shouldBeRemoved(liveOf(timetable), until)).toBe(true);
    const isDone = timetableOf(
      definitionOf(once, { paused: true, pause: { ...PAUSE, until } }),
      cursorAt(START + MINUTE),
    );
    expect([until - 1, until].map((now) => shouldBeRemoved(liveOf(isDone), now))).toEqual([false, true]);
  });

  it("settles an open claim at once (R25)", () => {
    const until = START + HOUR;
    const claim = { ...cursorAt(START - MINUTE), pending: START - MINUTE };
    const timetable = timetableOf(
      definitionOf({ schedule: "10m" }, { paused: true, pause: { ...PAUSE, until } }),
      claim,
    );
    const [due] = timetable.takeDue(START, 10).due;
    expect(due?.decision).toEqual({ send: [], to: START - MINUTE, skipped: 0, atLeast: false });
  });

  it("gives way to what was written after it", () => {
    const until = START + HOUR;
    const later = definitionOf(
      { schedule: "10m" },
      { paused: true, pause: { ...PAUSE, until }, effectiveFrom: until + HOUR },
    );
    expect(timetableOf(later).nextDueAt).toBe(until + HOUR + 10 * MINUTE);
  });

  it("does not count as a clock that was ahead (R17), unless the entry is ahead of its end", () => {
    const until = START + 24 * HOUR;
    const ahead = (cursor: Cursor): readonly string[] => {
      const timetable = timetableOf(
        definitionOf({ schedule: "1m" }, { paused: true, pause: { ...PAUSE, until } }),
        cursor,
      );
      return collect(findAhead(timetable.entries.values(), START)).names;
    };
    expect(ahead(cursorAt(START - MINUTE))).toEqual([]);
    expect(ahead(cursorAt(START + HOUR))).toEqual([]);
    expect(ahead(cursorAt(until + HOUR))).toEqual(["job"]);
  });
});

/** The result of a generator that yields only to be paused. */
function collect<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
