import { expect, it } from "vitest";

import { world } from "../../test/world.js";
import { CLUSTER_RECORD, encodeDefinition } from "../entry/definition.js";
import type { EntryInput } from "../entry/entry.js";
import { encodeHold, HOLD_RECORD, NO_HOLD } from "../entry/hold-record.js";
import type { FakeClock } from "../testing/fake-clock.js";
import { OwnRecords } from "../timetable/own-records.js";
import { createClient } from "./store-client.js";

const SECOND = 1_000;
const schedule: Record<string, EntryInput> = { e: { task: "t", schedule: "1s", missed: "all" } };

/** The answer of a call that waits on the clock. */
async function whileTimePasses<T>(clock: FakeClock, call: Promise<T>): Promise<T> {
  let isOver = false;
  const end = (): boolean => (isOver = true);
  void call.then(end, end);
  while (!isOver) await clock.advance(200);
  return call;
}

/** An export that holds, of an entry that has run twice. */
async function held() {
  const all = world();
  await all.lead({ schedule });
  await all.clock.advance(2.5 * SECOND);
  const exported = await whileTimePasses(all.clock, all.client.export({ hold: true }));
  return { ...all, exported };
}

it("an import that does not get the lease leaves a hold that was there before", async () => {
  const { clock, client, connect, exported, sent } = await held();
  const store = connect();
  store.delay("acquireLock", 1e9);
  const importing = createClient({ store, clock }).importExport(exported, { replace: true });
  await expect(whileTimePasses(clock, importing)).rejects.toMatchObject({ code: "CONFLICT" });
  await clock.advance(30 * SECOND);
  expect(sent()).toEqual(["e@1", "e@2"]);
  expect(await client.release()).toBe(true);
});

it("an import leaves such a hold, too, if an entry that it has to write has come up since", async () => {
  const { clock, client, connect } = world();
  await client.put("e", schedule["e"]!);
  const exported = await whileTimePasses(clock, client.export({ hold: true }));
  await client.remove("e");
  const store = connect();
  const { acquireLock } = store;
  store.acquireLock = async (request) => {
    if (!(await client.get("e"))) await client.put("e", schedule["e"]!);
    return acquireLock(request);
  };
  const importing = createClient({ store, clock }).importExport(exported);
  await expect(whileTimePasses(clock, importing)).rejects.toThrow(/is held, and stays so: 1 of its entries/);
  expect(await client.release()).toBe(true);
});

it("outlives the loss of the store's data, and can be released then", async () => {
  const { clock, client, store, sent } = await held();
  store.wipe();
  await clock.advance(60 * SECOND);
  expect(sent()).toEqual([]);
  expect(await client.status()).toMatchObject({ leader: null, problems: [{ kind: "held" }] });
  expect(await client.get("e")).toMatchObject({ runs: 2 });
  expect(await client.release()).toBe(true);
  await clock.advance(30 * SECOND);
  expect(sent().length).toBeGreaterThan(20);
  expect(new Set(sent()).size).toBe(sent().length);
});

it("that was lost does not come back after others have begun anew", () => {
  const records = new OwnRecords();
  const stored = (name: string, definition: string): boolean =>
    records.apply({ name, definition, revision: "1", cursor: null });
  stored(HOLD_RECORD, encodeHold({ at: 0, by: null, for: "export" }));
  records.loseHold();
  expect(records.hold).toMatchObject({ revision: null, hold: { for: "export" } });
  stored(CLUSTER_RECORD, encodeDefinition({ kind: "cluster", configVersion: null, lockTtlMs: 15_000, delivery: "x" }));
  expect(records.hold).toEqual(NO_HOLD);
});
