import {
  BeatxError,
  ConfigError,
  isLease,
  type Lease,
  LockLostError,
  type StoredEntry,
  StoreError,
} from "@beatx/core/adapter";
import { FakeClock } from "@beatx/core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { resetDummy } from "./dummy-backend.js";
import { dummyStore, type DummyStore } from "./dummy-store.js";

async function lead(store: DummyStore, token: string, ttlMs = 1000): Promise<Lease> {
  const answer = await store.acquireLock({ token, ttlMs, label: token });
  if (!isLease(answer)) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer;
}

async function create(store: DummyStore, name: string): Promise<string> {
  const [result] = await store.setSchedule([{ name, definition: `of ${name}`, expectedRevision: null }]);
  if (result?.status !== "done") throw new Error(`not created: ${JSON.stringify(result)}`);
  return result.revision;
}

async function readAll(store: DummyStore): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const batch of (await store.getSchedule()).batches) entries.push(...batch);
  return entries;
}

afterEach(() => resetDummy());

describe("the memory behind a dummy store", () => {
  it("is shared by all stores of one name and namespace", async () => {
    await create(dummyStore({ name: "shop" }), "ping");
    expect(await readAll(dummyStore({ name: "shop" }))).toMatchObject([{ name: "ping", definition: "of ping" }]);
    expect(await readAll(dummyStore({ name: "shop", namespace: "other" }))).toEqual([]);
    expect(await readAll(dummyStore({ name: "other" }))).toEqual([]);
  });

  it("is not shared without a name", async () => {
    await create(dummyStore(), "ping");
    expect(await readAll(dummyStore())).toEqual([]);
  });

  it("is empty after a reset, while open stores keep theirs", async () => {
    const before = dummyStore({ name: "shop" });
    await create(before, "ping");
    resetDummy("shop");
    expect(await readAll(dummyStore({ name: "shop" }))).toEqual([]);
    expect(await readAll(before)).toHaveLength(1);
  });

  it("has one clock, and refuses another one for the same name", () => {
    const clock = new FakeClock();
    dummyStore({ name: "shop", clock });
    dummyStore({ name: "shop", clock });
    dummyStore({ name: "shop" });
    expect(() => dummyStore({ name: "shop", clock: new FakeClock() })).toThrow(ConfigError);
  });
});

describe("the lease on an injected clock", () => {
  it("runs out exactly when the clock says so", async () => {
    const clock = new FakeClock();
    const [nodeA, nodeB] = [dummyStore({ name: "shop", clock }), dummyStore({ name: "shop", clock })];
    const lease = await lead(nodeA, "a", 1000);
    await clock.advance(999);
    expect(await nodeB.acquireLock({ token: "b", ttlMs: 1000, label: "b" })).toMatchObject({ retryAfterMs: 1 });
    await clock.advance(1);
    expect((await lead(nodeB, "b")).fence).toBeGreaterThan(lease.fence);
    expect(await nodeA.renewLock(lease, 1000)).toBe(false);
  });

  it("takes its fence from the clock, or from the last fence if the clock stepped back", async () => {
    const clock = new FakeClock();
    const store = dummyStore({ clock });
    const first = await lead(store, "a");
    expect(first.fence).toBe(clock.now());
    await store.releaseLock(first);
    clock.stepWallClock(-60_000);
    expect((await lead(store, "b")).fence).toBe(first.fence + 1);
  });

  it("ends at once by expireLock, and the node notices at its next call", async () => {
    const store = dummyStore();
    const lease = await lead(store, "a");
    store.expireLock();
    expect(await store.readLock()).toBeNull();
    expect(await store.renewLock(lease, 1000)).toBe(false);
    await expect(store.advance(lease, [])).rejects.toThrow(LockLostError);
  });
});

describe("a wipe", () => {
  it("lets no node lead until lost leases have run out", async () => {
    const clock = new FakeClock();
    const store = dummyStore({ clock });
    const lease = await lead(store, "a", 1000);
    store.wipe();
    expect(await store.renewLock(lease, 1000)).toBe(false);
    const answer = await store.acquireLock({ token: "b", ttlMs: 1000, label: "b" });
    expect(answer).toMatchObject({
      retryAfterMs: 1000,
      leader: null,
      reason: expect.stringContaining("lost its data"),
    });
    await clock.advance(1000);
    expect((await lead(store, "b")).fence).toBeGreaterThan(lease.fence);
  });

  it("repeats no revision of the schedule or of an entry", async () => {
    const store = dummyStore({ clock: new FakeClock() });
    const before = [await create(store, "ping"), await store.getRevision()];
    store.wipe();
    expect(await readAll(store)).toEqual([]);
    expect(before).not.toContain(await store.getRevision());
    expect(before).not.toContain(await create(store, "ping"));
    expect((await store.getSchedule(before[1])).complete).toBe(true);
  });

  it("empties the queues", async () => {
    const store = dummyStore();
    const definitionRevision = await create(store, "ping");
    const outbox = [{ kind: "list-push", database: 0, key: "q", value: "1" }] as const;
    const move = { name: "ping", from: null, to: "1", definitionRevision, dueAt: 0, outbox };
    await store.advance(await lead(store, "a"), [move]);
    expect(store.queue("q")).toEqual(["1"]);
    store.wipe();
    expect(store.queue("q")).toEqual([]);
  });
});

describe("faults", () => {
  it("failNext loses one request: it is not carried out, and the next call succeeds", async () => {
    const store = dummyStore();
    store.failNext("setSchedule");
    await expect(create(store, "ping")).rejects.toThrow(StoreError);
    expect(await readAll(store)).toEqual([]);
    await create(store, "ping");
  });

  it("failNext with `after` loses the reply of a call that is carried out", async () => {
    const store = dummyStore();
    store.failNext("acquireLock", { after: true });
    await expect(lead(store, "a")).rejects.toThrow(StoreError);
    const fence = (await store.readLock())?.fence;
    expect(await lead(store, "a")).toEqual({ token: "a", fence });
  });

  it("failNext rejects with the given error, once per failNext", async () => {
    const store = dummyStore();
    const error = new Error("cable cut");
    store.failNext("getRevision", { error });
    store.failNext("getRevision");
    await expect(store.getRevision()).rejects.toBe(error);
    await expect(store.getRevision()).rejects.toThrow(StoreError);
    await expect(store.getRevision()).resolves.toBeTypeOf("string");
  });

  it("affect only the store that they were set on", async () => {
    const [nodeA, nodeB] = [dummyStore({ name: "shop" }), dummyStore({ name: "shop" })];
    nodeA.failNext("readLock");
    expect(await nodeB.readLock()).toBeNull();
    await expect(nodeA.readLock()).rejects.toThrow(StoreError);
  });

  it("delay holds a command up by the clock", async () => {
    const clock = new FakeClock();
    const store = dummyStore({ clock });
    store.delay("acquireLock", 300);
    const pending = store.acquireLock({ token: "a", ttlMs: 1000, label: "a" });
    expect(await store.readLock()).toBeNull();
    await clock.advance(300);
    expect(isLease(await pending)).toBe(true);
  });

  it("a command that rejected at its deadline is carried out when it arrives", async () => {
    const clock = new FakeClock();
    const store = dummyStore({ clock, commandTimeoutMs: 100 });
    store.delay("acquireLock", 300);
    const pending = store.acquireLock({ token: "a", ttlMs: 1000, label: "a" });
    const givenUp = expect(pending).rejects.toThrow(/answer acquireLock within 100 ms/);
    await clock.advance(100);
    await givenUp;
    await clock.advance(200);
    expect(await store.readLock()).toMatchObject({ label: "a" });
  });

  it("a paused backend answers after resume", async () => {
    const [nodeA, nodeB] = [dummyStore({ name: "shop" }), dummyStore({ name: "shop" })];
    nodeA.pause();
    let answered = false;
    const pending = nodeB.getRevision().then(() => (answered = true));
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    nodeA.resume();
    expect(await pending).toBe(true);
  });

  it("a closed store rejects every call with CLOSED", async () => {
    const store = dummyStore();
    await store.close();
    const rejection: unknown = await store.getRevision().catch((error: unknown) => error);
    expect(BeatxError.hasCode(rejection, "CLOSED")).toBe(true);
  });
});

describe("weaker capabilities", () => {
  it("without fencedWrites an old lease still writes", async () => {
    const store = dummyStore({ capabilities: { fencedWrites: false } });
    const definitionRevision = await create(store, "ping");
    const lease = await lead(store, "a");
    store.expireLock();
    const move = { name: "ping", from: null, to: "1", definitionRevision, dueAt: 0 };
    expect(await store.advance(lease, [move])).toEqual([{ status: "done" }]);
  });
});
