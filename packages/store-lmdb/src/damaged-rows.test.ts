import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@beatx/core";
import { isLease, type Lease, type StoredEntry } from "@beatx/core/adapter";
import { open, type RootDatabase } from "lmdb";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { keysOf } from "./keys.js";
import { lmdbStore } from "./lmdb-store.js";

const keys = keysOf("shop");
const TTL_MS = 60_000;
const LONG_NAME = "n".repeat(1100);

let folder: string;
let machineMs: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "beatx-lmdb-"));
  machineMs = 1_000_000;
  return () => rmSync(folder, { recursive: true });
});

function openStore(): Store {
  const machineClock = { nowMs: () => machineMs, bootId: "boot" };
  const store = lmdbStore({ folder, namespace: "shop", machineClock });
  onTestFinished(() => store.close());
  return store;
}

/** Writes rows as no store does. `raw` writes bytes. */
async function damage(
  edit: (rows: RootDatabase<unknown, Buffer>, raw: RootDatabase<Buffer, Buffer>) => Promise<unknown>,
) {
  const options = { path: folder, noSubdir: false, keyEncoding: "binary", useVersions: true } as const;
  const fast = { ...options, overlappingSync: false, eventTurnBatching: false };
  const rows = open<unknown, Buffer>(fast);
  const raw = open<Buffer, Buffer>({ ...fast, encoding: "binary" });
  await edit(rows, raw);
  await raw.close();
  await rows.close();
}

async function put(store: Store, names: readonly string[]): Promise<void> {
  const results = await store.setSchedule(names.map((name) => ({ name, definition: "{}", expectedRevision: null })));
  expect(results.map(({ status }) => status)).toEqual(names.map(() => "done"));
}

async function entriesOf(store: Store, since?: string): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const batch of (await store.getSchedule(since)).batches) entries.push(...batch);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function lead(store: Store, token: string): Promise<Lease> {
  const answer = await store.acquireLock({ token, ttlMs: TTL_MS, label: token });
  if (!isLease(answer)) throw new Error(`the lock was refused: ${JSON.stringify(answer)}`);
  return answer;
}

/** Values that no row has; `Buffer`: bytes that cannot be decoded. */
const VALUES = [null, 7, "text", { a: 1 }, Buffer.from([0xc1]), Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff])];

function putValue(key: Buffer, value: unknown): Parameters<typeof damage>[0] {
  return (rows, raw) => (Buffer.isBuffer(value) ? raw.put(key, value, 0) : rows.put(key, value, 0));
}

describe("a damaged row", () => {
  it.each(VALUES)("of a definition (%j) breaks its entry only, which can be replaced", async (value) => {
    const store = openStore();
    await put(store, ["a", "bad", "z"]);
    await store.close();
    await damage(putValue(keys.definition("bad"), value));
    const again = openStore();
    const entries = await entriesOf(again);
    expect(entries.map(({ name }) => name)).toEqual(["a", "bad", "z"]);
    expect(entries.map(({ definition }) => definition)).toEqual(["{}", "(unreadable row)", "{}"]);
    const change = { name: "bad", definition: "new", expectedRevision: entries[1]!.revision };
    expect(await again.setSchedule([change])).toMatchObject([{ status: "done" }]);
    expect((await entriesOf(again)).map(({ definition }) => definition)).toEqual(["{}", "new", "{}"]);
  });

  it.each(VALUES.filter((value) => typeof value !== "string"))(
    "of a cursor (%j) breaks its entry only, which can be removed",
    async (value) => {
      const store = openStore();
      await put(store, ["a", "bad"]);
      const lease = await lead(store, "leader");
      const move = { from: null, to: "cursor", definitionRevision: null, dueAt: 0 };
      const moves = ["a", "bad"].map((name) => ({ ...move, name }));
      expect(await store.advance(lease, moves)).toEqual([{ status: "done" }, { status: "done" }]);
      await store.close();
      await damage(putValue(keys.cursor("bad"), value));
      const again = openStore();
      const entries = await entriesOf(again);
      expect(entries.map(({ cursor }) => cursor)).toEqual(["cursor", "(unreadable row)"]);
      const moved = await again.advance(lease, [{ ...move, name: "bad", from: "cursor" }]);
      expect(moved).toEqual([{ status: "moved", cursor: "(unreadable row)" }]);
      await again.setSchedule([{ name: "bad", definition: null, expectedRevision: entries[1]!.revision }]);
      await put(again, ["bad"]);
      expect((await entriesOf(again)).map(({ cursor }) => cursor)).toEqual(["cursor", null]);
    },
  );

  it.each([
    ["another name", { name: "a", revision: 5, text: "{}" }, "{}"],
    ["no revision", { name: "bad", text: "{}" }, "{}"],
    ["a revision that is text", { name: "bad", revision: "x", text: "{}" }, "{}"],
    ["a revision out of range", { name: "bad", revision: 1e20, text: "{}" }, "{}"],
    ["no text", { name: "bad", revision: 5 }, "(unreadable row)"],
  ])("of a definition with %s keeps the name of its key", async (_what, row, definition) => {
    const store = openStore();
    await put(store, ["a", "bad"]);
    await store.close();
    await damage((rows) => rows.put(keys.definition("bad"), row, 0));
    const entries = await entriesOf(openStore());
    expect(entries.map(({ name, definition }) => [name, definition])).toEqual([
      ["a", "{}"],
      ["bad", definition],
    ]);
  });

  it("whose name is unknown, or whose key is foreign, is left out", async () => {
    const store = openStore();
    await put(store, ["a", LONG_NAME]);
    await store.close();
    await damage(async (rows) => {
      await rows.put(keys.definition(LONG_NAME), null, 0);
      await rows.put(Buffer.concat([keys.definitions.start, Buffer.of(0, 0xff, 0xfe)]), 5, 0);
      await rows.put(Buffer.from("someone else's"), "row", 0);
    });
    expect((await entriesOf(openStore())).map(({ name }) => name)).toEqual(["a"]);
  });

  it("in the middle of many does not make a reading begin again", async () => {
    const names = Array.from({ length: 700 }, (_, index) => `entry ${String(index).padStart(3, "0")}`);
    const store = openStore();
    await put(store, names);
    await store.close();
    await damage((rows) => rows.put(keys.definition(names[499]!), { name: names[0], revision: 1, text: "{}" }, 0));
    expect((await entriesOf(openStore())).map(({ name }) => name)).toEqual(names);
  });

  it.each(VALUES)("of a change (%j) makes a partial reading complete", async (value) => {
    const store = openStore();
    const since = await store.getRevision();
    await put(store, ["a", "b"]);
    const number = Number((await entriesOf(store))[0]!.revision.split(".")[1]);
    await store.close();
    await damage(putValue(keys.change(number), value));
    const again = openStore();
    expect((await again.getSchedule(since)).complete).toBe(true);
    expect((await entriesOf(again, since)).map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it.each(VALUES)("of a removal (%j) makes a partial reading complete, so the removed entry is gone", async (value) => {
    const store = openStore();
    await put(store, ["a", "b"]);
    const since = await store.getRevision();
    const [a] = await entriesOf(store);
    await store.setSchedule([{ name: "a", definition: null, expectedRevision: a!.revision }]);
    const removedAt = Number((await store.getRevision()).split(".")[1]);
    await store.close();
    await damage(putValue(keys.removal(removedAt), value));
    const again = openStore();
    expect((await again.getSchedule(since)).complete).toBe(true);
    expect((await entriesOf(again, since)).map(({ name }) => name)).toEqual(["b"]);
  });

  it("that was damaged during a partial reading ends it with an error, and the next one is complete", async () => {
    const store = openStore();
    const since = await store.getRevision();
    await put(store, ["a"]);
    const reading = await store.getSchedule(since);
    expect(reading.complete).toBe(false);
    await damage((rows) => rows.put(keys.change(Number(reading.revision.split(".")[1])), null, 0));
    await expect(reading.batches[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "STORE" });
    expect((await store.getSchedule(since)).complete).toBe(true);
  });

  it.each([...VALUES, { life: "0123456789ab", last: 1e20, forgottenTo: 0 }, { life: "0123456789ab", last: NaN }])(
    "of the history (%j) begins a new life, in which all nodes read everything",
    async (value) => {
      const store = openStore();
      await put(store, ["a"]);
      const before = await store.getRevision();
      await store.close();
      await damage(putValue(keys.history, value));
      const again = openStore();
      expect((await again.getSchedule(before)).complete).toBe(true);
      expect(await entriesOf(again, before)).toMatchObject([{ name: "a", definition: "{}" }]);
      await put(again, ["b"]);
      expect(await entriesOf(again)).toHaveLength(2);
    },
  );

  it.each([...VALUES, { fence: 1, holder: {} }, { fence: NaN, holder: null }, { fence: 1e300, holder: null }])(
    "of the lock (%j) grants no lease until a lost one has run out",
    async (value) => {
      const store = openStore();
      const lost = await lead(store, "lost");
      await store.close();
      await damage(putValue(keys.lock, value));
      const again = openStore();
      expect(await again.renewLock(lost, TTL_MS)).toBe(false);
      expect(await again.readLock()).toBeNull();
      const request = { token: "next", ttlMs: TTL_MS, label: "next" };
      expect(await again.acquireLock(request)).toMatchObject({
        leader: null,
        reason: expect.stringMatching(/may still be trusted/),
      });
      machineMs += TTL_MS + 1;
      expect((await lead(again, "next")).fence).toBeGreaterThan(lost.fence);
      expect((await lead(again, "next")).token).toBe("next");
    },
  );

  it.each([NaN, Infinity, -1, 0.5, 2 ** 60])("of the guard (version %s) stops no write", async (version) => {
    const store = openStore();
    await put(store, ["a"]);
    await store.close();
    await damage((rows) => rows.put(keys.guard, "text", version));
    const again = openStore();
    await put(again, ["b"]);
    await put(again, ["c"]);
    expect(await entriesOf(again)).toHaveLength(3);
  });
});
