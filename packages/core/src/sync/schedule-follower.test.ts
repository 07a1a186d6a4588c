import { describe, expect, it } from "vitest";

import { BusyClock, countTurns } from "../../test/event-loop.js";
import { START, world } from "../../test/world.js";
import type { ScheduleType } from "../contract/schedule.js";
import { ScheduleTypes } from "../discovery/schedule-types.js";
import { ruleParser } from "../schedule/rule-parser.js";
import { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { Timetable } from "../timetable/timetable.js";
import { ScheduleFollower } from "./schedule-follower.js";

/** Types of schedule whose packages a test installs. */
class TestTypes extends ScheduleTypes {
  readonly lookUps: string[] = [];
  readonly installed = new Set<string>();

  override async loadMissing(types: Iterable<string>): Promise<void> {
    for (const type of types) {
      this.lookUps.push(type);
      if (this.installed.has(type)) (this.known as ScheduleType[]).push(typeOf(type));
    }
  }
}

function typeOf(type: string): ScheduleType {
  return { type, parse: () => ({ type, next: () => null, toJSON: () => ({ type }), toString: () => type }) };
}

function definitionOf(type: string): string {
  const entry = { task: "t", schedule: { type } };
  const fields = { format: 1, kind: "entry", source: "api", effectiveFrom: 1, paused: false, overridden: false };
  return JSON.stringify({ ...fields, entry });
}

async function follow(counts: Readonly<Record<string, number>>) {
  const { clock, store } = world();
  const put = (name: string, definition: string) => store.setSchedule([{ name, definition, expectedRevision: null }]);
  for (const [type, count] of Object.entries(counts)) {
    for (let index = 0; index < count; index += 1) await put(`${type} ${index}`, definitionOf(type));
  }
  const types = new TestTypes();
  const timetable = new Timetable(ruleParser("UTC", types.known));
  const follower = new ScheduleFollower(new StoreWithDeadlines(store, clock, 2_000), timetable, types, clock);
  return { follower, timetable, types, put };
}

describe("stored entries of a missing schedule type", () => {
  it("cost one look-up per type, and none once their entries are gone or edited", async () => {
    const { follower, timetable, types, put } = await follow({ lunar: 300, tidal: 200, interval: 1 });
    await follower.loadAll();
    expect(types.lookUps).toEqual(["lunar", "tidal"]);
    await put("edited", "{{");
    await follower.follow();
    expect(types.lookUps).toEqual(["lunar", "tidal", "lunar", "tidal"]);
    expect(timetable.broken.size).toBe(502);
    for (const name of timetable.names()) timetable.drop(name);
    await follower.follow();
    expect(types.lookUps).toHaveLength(4);
  });

  it("are read as soon as the type is found, without an edit", async () => {
    const { follower, timetable, types } = await follow({ lunar: 2, tidal: 1 });
    await follower.loadAll();
    expect(await follower.follow()).toBeNull();
    types.installed.add("lunar");
    expect(await follower.follow()).toMatchObject({ added: ["lunar 0", "lunar 1"], updated: [], removed: [] });
    expect([...timetable.broken.keys()]).toEqual(["tidal 0"]);
    expect(await follower.follow()).toBeNull();
  });
});

describe("a reading of many entries in one batch", () => {
  it("lets the event loop turn, and says how far it is", async () => {
    const { store } = world();
    const names = Array.from({ length: 500 }, (_, index) => `entry ${index}`);
    await store.setSchedule(
      names.map((name) => ({ name, definition: definitionOf("clocked"), expectedRevision: null })),
    );
    const clock = new BusyClock(START, 1);
    const types = new TestTypes();
    const timetable = new Timetable(ruleParser("UTC", types.known));
    const counts: number[] = [];
    const turns = countTurns();
    let listedAt: number | undefined;
    const limited = new StoreWithDeadlines(store, clock, 2_000);
    const follower = new ScheduleFollower(limited, timetable, types, clock, {
      onRead: (count) => {
        counts.push(count);
        listedAt ??= turns();
      },
    });
    await follower.loadAll();
    expect(turns()).toBeGreaterThanOrEqual(80);
    expect(counts.length).toBeGreaterThanOrEqual(80);
    expect(timetable.broken.size).toBe(500);
    // The next complete reading first lists the names that it knows.
    const before = turns();
    listedAt = undefined;
    await follower.loadAll();
    expect(listedAt! - before).toBeGreaterThanOrEqual(80);
  });
});
