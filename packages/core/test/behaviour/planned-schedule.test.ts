import { expect, it } from "vitest";

import type { BeatStatus } from "../../src/client/beat-status.js";
import type { Client } from "../../src/client/client.js";
import type { EntryView } from "../../src/client/entry-view.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { type PlannedEntry, type PlannedSchedule, planSchedule } from "../../src/simulation/planned-schedule.js";
import { seeded } from "@beatx/test-servers/seeded";
import { START, world } from "../world.js";

const NAMES = ["a", "b", "c", "d", "e", "f"];
const MINUTE_MS = 60_000;

/** Edits that users make, drawn at random. */
class Users {
  readonly #random: () => number;
  #tasks = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  isOneIn(count: number): boolean {
    return this.#random() * count < 1;
  }

  #pick<T>(...values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)]!;
  }

  /** It is due on whole minutes only, and its task is its own. */
  entry(): EntryInput {
    const clocked = { type: "clocked", at: new Date(START + this.#pick(-60, 1, 60) * MINUTE_MS).toISOString() };
    return {
      task: `task ${this.#tasks++}`,
      schedule: this.#pick<EntryInput["schedule"]>("1m", "2m", "* * * * *", "@hourly", clocked),
      ...(this.isOneIn(2) ? { maxRuns: this.#pick(1, 2, 3) } : {}),
      ...(this.isOneIn(3) ? { firstRun: "now" } : {}),
      ...(this.isOneIn(2) ? { whenDone: "remove" } : {}),
      ...(this.isOneIn(5) ? { endAt: START + MINUTE_MS } : {}),
      ...(this.isOneIn(5) ? { enabled: false } : {}),
    };
  }

  configuration(): { readonly schedule?: Record<string, EntryInput>; readonly configVersion?: number } {
    const names = NAMES.filter(() => !this.isOneIn(3));
    return {
      ...(this.isOneIn(6) ? {} : { schedule: Object.fromEntries(names.map((name) => [name, this.entry()])) }),
      ...(this.isOneIn(2) ? {} : { configVersion: this.#pick(1, 2) }),
    };
  }

  async edit(client: Client): Promise<void> {
    for (const name of [...NAMES, "own"]) {
      if (this.isOneIn(4)) await client.put(name, this.entry()).catch(refusesWhatNeverRuns);
      if (this.isOneIn(6)) await client.pause(name).catch(() => undefined);
      const until = START + this.#pick(2, 60) * MINUTE_MS + 5_000;
      if (this.isOneIn(8)) await client.pause(name, { until }).catch(() => undefined);
      if (this.isOneIn(8)) await client.remove(name).catch(() => undefined);
    }
  }
}

function refusesWhatNeverRuns(error: Error): void {
  expect(error.message).toContain("would never run");
}

interface TakeOver {
  readonly before: readonly EntryView[];
  readonly planned: PlannedSchedule;
  readonly after: readonly EntryView[];
  readonly status: BeatStatus;
}

/** A leader runs a schedule that clients edit; then the next one, with another configuration, takes over. */
async function takeOver(seed: number): Promise<TakeOver> {
  const users = new Users(seed);
  const { client, clock, store, lead } = world();
  for (const name of ["f", "torn"]) {
    if (users.isOneIn(3)) await store.setSchedule([{ name, definition: "{broken", expectedRevision: null }]);
  }
  await users.edit(client);
  const timezone = users.isOneIn(2) ? "Asia/Tokyo" : "UTC";
  const former = await lead({ ...users.configuration(), timezone });
  await clock.advance(1.5 * MINUTE_MS);
  await users.edit(client);
  await clock.advance(MINUTE_MS);
  void former.stop();
  await clock.advance(100);
  await users.edit(client);

  const next = { ...users.configuration(), timezone };
  const before = await client.list();
  const planned = planSchedule(next, { ...(await client.status(0)), entries: before }, clock.now());
  // It sends nothing, so that the runs it has left are still there.
  await lead({ ...next, publisher: () => Promise.reject(new Error("down")) });
  return { before, planned, after: await client.list(), status: await client.status(0) };
}

/** The leader removes it, or does not add it; not while it is paused. */
const isGone = ({ input, state, pausedUntil }: PlannedEntry): boolean =>
  state === "done" && input.whenDone === "remove" && pausedUntil === null;

/** It does not run, and a client cannot see whether it still owes an instant from before its end, and so is not done. */
function mayBeGone({ input: { whenDone, endAt, schedule }, state }: PlannedEntry): boolean {
  return (
    whenDone === "remove" && (endAt != null || typeof schedule === "object") && ["paused", "disabled"].includes(state)
  );
}

function expectSameNames({ before, planned, after, status }: TakeOver): void {
  const found = after.map(({ name }) => name);
  const [kept, unclear] = [new Set<string>(), new Set<string>()];
  for (const [name, entry] of planned.entries) {
    if (mayBeGone(entry)) unclear.add(name);
    // A node that stands by removes nothing.
    else if (planned.foreign !== null || !isGone(entry)) kept.add(name);
  }
  expect(found.filter((name) => !unclear.has(name))).toEqual([...kept].sort());
  const lost = before.map(({ name }) => name).filter((name) => !found.includes(name));
  expect(planned.removed).toEqual(lost.filter((name) => !planned.entries.has(name)));
  expect(status.removed.map(({ name }) => name)).toEqual(expect.arrayContaining([...planned.removed]));
  expect([...planned.broken.keys()]).toEqual(status.broken.map(({ name }) => name));
}

function expectSameEntry({ input, rule, state, pausedUntil, from, runs }: PlannedEntry, found: EntryView): void {
  const definition = found.entry as unknown as EntryInput;
  expect(input).toMatchObject({ task: definition.task });
  expect(rule.toJSON()).toEqual(definition.schedule);
  expect(runs).toBe(found.runs);
  if (from === "configuration") expect(found).toMatchObject({ source: "config", overridden: false });
  if (state !== "active") expect(found.nextRunAt).toBeNull();
  if (state === "done") return;
  const active = state === "active" && pausedUntil === null;
  expect(found).toMatchObject({ active, paused: state === "paused" || pausedUntil !== null });
  expect(found.pause?.until ?? null).toBe(pausedUntil);
  if (state === "active") expect(found.nextRunAt).not.toBeNull();
  expect(input.maxRuns).toBe(definition.maxRuns == null ? undefined : definition.maxRuns - runs);
  expect(input.firstRun === "now").toBe(definition.firstRun === "now" && found.runs + found.skipped === 0);
}

/** Of each kind of result, how many there are. */
function* kindsOf({ planned: { entries, removed, broken } }: TakeOver): Generator<string> {
  for (const entry of entries.values()) {
    yield entry.from;
    yield entry.state;
    if (entry.clientChange !== null) yield entry.clientChange;
    if (isGone(entry)) yield "gone";
  }
  for (const _name of removed) yield "removed";
  for (const _name of broken) yield "broken";
}

it("what planSchedule says of a take-over is what clients see after it", async () => {
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= 150; seed += 1) {
    const result = await takeOver(seed);
    try {
      expectSameNames(result);
      for (const view of result.after) expectSameEntry(result.planned.entries.get(view.name)!, view);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${(cause as Error).message}`, { cause });
    }
    for (const kind of kindsOf(result)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const kinds = ["active", "broken", "configuration", "created", "disabled", "done", "edited", "gone", "paused"];
  expect([...counts.keys()].sort()).toEqual([...kinds, "removed", "stored"]);
  expect(Math.min(...counts.values())).toBeGreaterThan(10);
}, 60_000);
