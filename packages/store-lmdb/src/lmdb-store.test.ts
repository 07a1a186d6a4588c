import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type Store, systemClock } from "@beatx/core";
import { isLease, type Lease, type ScheduleReading } from "@beatx/core/adapter";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lmdbStore } from "./lmdb-store.js";
import type { LmdbStoreOptions } from "./options.js";

const LONG_TTL_MS = 600_000;
const DAY_MS = 86_400_000;

let root: string;
const stores: Store[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "beatx-lmdb-"));
});

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await rm(root, { recursive: true });
});

function open(options: Partial<LmdbStoreOptions> = {}): Store {
  const store = lmdbStore({ folder: join(root, "data"), ...options });
  stores.push(store);
  return store;
}

async function lead(store: Store, token = "leader"): Promise<Lease> {
  const answer = await store.acquireLock({ token, ttlMs: LONG_TTL_MS, label: token });
  if (!isLease(answer)) throw new Error(`the lock was refused: ${JSON.stringify(answer)}`);
  return answer;
}

describe("the options of an LMDB store", () => {
  it.each([Number.NaN, -1, 0, 2.5])("refuse a commandTimeoutMs of %s", (commandTimeoutMs) => {
    expect(() => open({ commandTimeoutMs })).toThrow(/commandTimeoutMs is .*: expected a whole number/);
  });
});

async function put(store: Store, name: string, definition: string | null, from: string | null = null): Promise<string> {
  const [result] = await store.setSchedule([{ name, definition, expectedRevision: from }]);
  if (result?.status !== "done") throw new Error(`the change was refused: ${JSON.stringify(result)}`);
  return result.revision;
}

async function namesIn({ batches }: ScheduleReading): Promise<string[]> {
  const names: string[] = [];
  for await (const batch of batches) names.push(...batch.map(({ name }) => name));
  return names;
}

/** A wall clock that a test can set. */
function clockAt(time: { now: number }): Clock {
  return { ...systemClock, now: () => time.now };
}

describe("stores of one process", () => {
  it("share a folder under any of its paths, and closing one store does not close it for the others", async () => {
    const first = open();
    await symlink(join(root, "data"), join(root, "alias"));
    const second = open({ folder: join(root, "alias") });
    await put(first, "a", "{}");
    await first.close();
    await first.close();
    expect(await namesIn(await second.getSchedule())).toEqual(["a"]);
    await expect(first.getRevision()).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("find all data again after all were closed", async () => {
    const first = open();
    const revision = await put(first, "a", "kept");
    const lease = await lead(first);
    await first.advance(lease, [{ name: "a", from: null, to: "cursor", definitionRevision: revision, dueAt: 0 }]);
    await first.close();
    const second = open();
    const entries = [];
    for await (const batch of (await second.getSchedule()).batches) entries.push(...batch);
    expect(entries).toEqual([{ name: "a", definition: "kept", revision, cursor: "cursor" }]);
    expect(await second.renewLock(lease, LONG_TTL_MS)).toBe(true);
  });

  it("make many steps at once without losing one", async () => {
    const [first, second] = [open(), open()];
    const names = Array.from({ length: 200 }, (_, index) => `entry ${index}`);
    await Promise.all(names.map((name, index) => put(index % 2 === 0 ? first : second, name, "{}")));
    expect((await namesIn(await first.getSchedule())).sort()).toEqual(names.sort());
  });

  it("reject after close, even in the middle of a reading", async () => {
    const store = open();
    await store.setSchedule(
      Array.from({ length: 600 }, (_, index) => ({ name: `${index}`, definition: "{}", expectedRevision: null })),
    );
    const { batches } = await store.getSchedule();
    const reading = batches[Symbol.asyncIterator]();
    expect((await reading.next()).value).toHaveLength(500);
    await store.close();
    await expect(reading.next()).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("a deleted folder", () => {
  it("ends the lease: the leader's next command rejects and writes nothing", async () => {
    const leader = open();
    const revision = await put(leader, "a", "{}");
    const lease = await lead(leader);
    await rm(join(root, "data"), { recursive: true });
    const move = { name: "a", from: null, to: "cursor", definitionRevision: revision, dueAt: 0 };
    await expect(leader.advance(lease, [move])).rejects.toMatchObject({ code: "LOCK_LOST" });
    expect(await leader.renewLock(lease, LONG_TTL_MS)).toBe(false);
    expect(await namesIn(await leader.getSchedule())).toEqual([]);
  });

  it("comes back with new revisions and higher fences", async () => {
    const time = { now: 1_767_225_600_000 };
    const store = open({ clock: clockAt(time) });
    const before = [await store.getRevision(), await put(store, "a", "{}")];
    const lost = await lead(store);
    await rm(join(root, "data"), { recursive: true });
    time.now += 1;
    const after = [await store.getRevision(), await put(store, "a", "{}")];
    expect(new Set([...before, ...after]).size).toBe(4);
    await expect(lead(store, "next")).rejects.toThrow(/may still be trusted/);
    const request = { token: "next", ttlMs: 1, label: "next" };
    let next = await store.acquireLock(request);
    while (!isLease(next)) next = await store.acquireLock(request);
    expect(next.fence).toBeGreaterThan(lost.fence);
  });

  it("is known as new in every process that shared the old one, even to a store that is opened later", async () => {
    await lead(open());
    await rm(join(root, "data"), { recursive: true });
    await expect(lead(open(), "next")).rejects.toThrow(/may still be trusted/);
  });

  it("that cannot be created again causes an error that names it", async () => {
    const store = open();
    await rm(join(root, "data"), { recursive: true });
    await symlink("/dev/null", join(root, "data"));
    await expect(store.getRevision()).rejects.toMatchObject({ code: "STORE", message: /data.*cannot keep a store/ });
    await rm(join(root, "data"));
  });
});

describe("a reboot", () => {
  it("ends every lease, because no process survives it", async () => {
    const lease = await lead(open({ machineClock: { nowMs: () => 500_000, bootId: "first" } }));
    const rebooted = open({ machineClock: { nowMs: () => 20_000, bootId: "second" } });
    expect(await rebooted.readLock()).toBeNull();
    expect(await rebooted.renewLock(lease, LONG_TTL_MS)).toBe(false);
    expect((await lead(rebooted, "next")).fence).toBeGreaterThan(lease.fence);
  });
});

describe("a partial reading", () => {
  it("contains the written and the removed names, each once", async () => {
    const store = open();
    const kept = await put(store, "kept", "1");
    const since = await store.getRevision();
    const removed = await put(store, "removed", "1");
    await put(store, "removed", null, removed);
    await put(store, "removed", null, await put(store, "removed", "2"));
    await put(store, "back", null, await put(store, "back", "1"));
    await put(store, "back", "2");
    await put(store, "kept", "2", kept);
    const reading = await store.getSchedule(since);
    expect(reading.complete).toBe(false);
    const entries = [];
    for await (const batch of reading.batches) entries.push(...batch);
    expect(entries.map(({ name, definition }) => [name, definition]).sort()).toEqual([
      ["back", "2"],
      ["kept", "2"],
      ["removed", null],
    ]);
  });

  it("reads only the changes, in batches, however large the schedule is", async () => {
    const store = open();
    const since = await store.getRevision();
    const names = Array.from({ length: 1200 }, (_, index) => `entry ${index}`);
    await store.setSchedule(names.map((name) => ({ name, definition: "{}", expectedRevision: null })));
    const sizes: number[] = [];
    for await (const batch of (await store.getSchedule(since)).batches) sizes.push(batch.length);
    expect(sizes).toEqual([500, 500, 200]);
    expect(await namesIn(await store.getSchedule(await store.getRevision()))).toEqual([]);
  });

  it("becomes a complete one if a removal since then was dropped", async () => {
    const time = { now: 1_767_225_600_000 };
    const store = open({ clock: clockAt(time) });
    const start = await store.getRevision();
    await put(store, "old", null, await put(store, "old", "1"));
    const since = await store.getRevision();
    time.now += 2 * DAY_MS;
    await put(store, "new", null, await put(store, "new", "1"));
    expect((await store.getSchedule(start)).complete).toBe(true);
    expect((await store.getSchedule(since)).complete).toBe(false);
    expect(await namesIn(await store.getSchedule(since))).toEqual(["new"]);
  });

  it.each(["", "nonsense", "1.2", "0123456789ab.17"])(
    "from a revision of another life (%j) is complete",
    async (since) => {
      const store = open();
      await put(store, "a", "{}");
      const reading = await store.getSchedule(since);
      expect(reading.complete).toBe(true);
      expect(await namesIn(reading)).toEqual(["a"]);
    },
  );
});
