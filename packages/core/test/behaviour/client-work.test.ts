import { beforeEach, describe, expect, it } from "vitest";

import type { Client } from "../../src/client/client.js";
import { createClient } from "../../src/client/store-client.js";
import { callsOf, countWork, type CountedWork } from "../counted-store.js";
import { world } from "../world.js";

/** What one call may cost, however many entries are stored. */
const MOST_CALLS = 8;
const MOST_ENTRIES = 6;
const MOST_CHARACTERS = 3_000;
const STORED = 10_000;

const hourly = { task: "t", schedule: "1h" };
const names = Array.from({ length: STORED }, (_, index) => `entry-${String(index).padStart(5, "0")}`);

/** A client that has not read anything, on a store with many entries and a leader. */
async function manyEntries(): Promise<{ client: Client; work: CountedWork }> {
  const { client: editor, clock, connect, lead } = world();
  await editor.putMany(names.map((name) => [name, hourly]));
  await lead();
  const { store, work } = countWork(connect());
  return { client: createClient({ store, clock }), work };
}

describe("with 10 000 entries, the first call of a client", () => {
  let client: Client;
  let work: CountedWork;
  beforeEach(async () => {
    ({ client, work } = await manyEntries());
  });

  it.each<[string, (client: Client) => Promise<unknown>]>([
    ["get", (client) => client.get("entry-05000")],
    ["get of a name that is not stored", (client) => client.get("nothing")],
    ["next", (client) => client.next("entry-05000")],
    ["put of a new entry", (client) => client.put("new", hourly)],
    ["put of an entry that exists", (client) => client.put("entry-05000", { ...hourly, args: [1] })],
    ["pause", (client) => client.pause("entry-05000")],
    ["resume", (client) => client.resume("entry-05000")],
    ["reset", (client) => client.reset("entry-05000")],
    ["remove", (client) => client.remove("entry-05000")],
    ["runNow", (client) => client.runNow("entry-05000")],
    ["list of a page of five", (client) => client.list({ limit: 5, after: "entry-05000" })],
    ["list of a prefix", (client) => client.list({ prefix: "entry-05001" })],
  ])("%s reads no more than it needs", async (_, call) => {
    await call(client);
    expect(work.calls["getSchedule"] ?? 0).toBe(0);
    expect(callsOf(work)).toBeLessThanOrEqual(MOST_CALLS);
    expect(work.entries).toBeLessThanOrEqual(MOST_ENTRIES);
    expect(work.characters).toBeLessThanOrEqual(MOST_CHARACTERS);
  });

  it("putMany of as many more takes a few commands, each name read once", async () => {
    const more = names.map((name) => [`more-${name}`, hourly] as const);
    const results = await client.putMany(more);
    expect(results.every(({ error }) => error === null)).toBe(true);
    expect(work.calls["getSchedule"] ?? 0).toBe(0);
    expect(work.calls["getEntries"]).toBe(5);
    expect(work.calls["setSchedule"]).toBeLessThanOrEqual(10);
    expect(callsOf(work)).toBeLessThanOrEqual(20);
    expect(work.entries).toBe(0);
  });

  it("removeMany of all takes a few commands, each name read once", async () => {
    const results = await client.removeMany(names);
    expect(results.every(({ error }) => error === null)).toBe(true);
    expect(work.calls["getSchedule"] ?? 0).toBe(0);
    expect(callsOf(work)).toBeLessThanOrEqual(20);
    expect(work.entries).toBeLessThanOrEqual(STORED);
    expect(await client.list({ limit: 10 })).toEqual([]);
  });

  it("list of everything reads each entry once", async () => {
    const all = await client.list();
    expect(all.map(({ name }) => name)).toEqual(names);
    expect(work.calls).toEqual({ getSchedule: 1 });
    expect(work.entries).toBeLessThan(STORED + 10);
  });
});
