import { askMemcached, deleteMemcachedItems, memcachedKeys, startMemcached } from "@beatx/test-servers";
import type { MemcachedServer } from "@beatx/test-servers";
import { afterEach, describe, expect, it } from "vitest";
import { clients } from "./clients.js";
import type { MemcacheStore } from "./clients.js";
import { create, leadForLong, moveOf, readAll } from "./helpers.js";
import { killNode, startNode } from "./other-process.js";

const LARGE = 20_000;
/** The number of writers that are killed while they write. */
const KILLS = Number(process.env["BEATX_WRITER_KILLS"] ?? 8);
const KILLS_TIMEOUT_MS = 120_000 + KILLS * 30_000;

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0).reverse()) await task();
});

async function startServer(...args: string[]): Promise<MemcachedServer> {
  const server = await startMemcached({ args });
  cleanUp.push(() => server.stop());
  return server;
}

function open(server: MemcachedServer, client: (typeof clients)[number]): MemcacheStore {
  const store = client.open(server, { commandTimeoutMs: 60_000 });
  cleanUp.push(() => store.close());
  return store;
}

describe.each(clients)("a schedule through $name", (client) => {
  const other = clients.find(({ name }) => name !== client.name)!;

  it(
    "of more than a megabyte is read as one state by both clients while its writers are killed",
    async () => {
      const server = await startServer("-m", "256");
      const readers = [open(server, client), open(server, other)];
      const generations = new Set<string>();
      const readOnce = async (store: MemcacheStore): Promise<void> => {
        const entries = await readAll(store);
        const found = new Set(Array.from(entries.values(), ({ definition }) => definition!.split(" ")[0]!));
        expect(found.size, "generations in one reading").toBeLessThanOrEqual(1);
        expect(entries.size === 0 || entries.size === LARGE, `${entries.size} entries`).toBe(true);
        for (const generation of found) generations.add(generation);
      };
      for (let kill = 0; kill < KILLS; kill += 1) {
        const writer = await startNode("write", client.name, server.port, String(LARGE));
        cleanUp.push(() => killNode(writer));
        let isKilled = false;
        const reading = readers.map(async (store) => {
          while (!isKilled) await readOnce(store);
        });
        // A write takes some hundred milliseconds: kill each writer at another point of it.
        await new Promise((resolve) => setTimeout(resolve, 60 + (kill % 12) * 35));
        await killNode(writer);
        isKilled = true;
        await Promise.all(reading);
        await Promise.all(readers.map(readOnce));
      }
      expect(generations.size).toBeGreaterThan(1);
    },
    KILLS_TIMEOUT_MS,
  );

  it("with thousands of entries is complete while its buckets multiply", async () => {
    const server = await startServer();
    const store = open(server, client);
    const names = Array.from({ length: 3000 }, (_, index) => `entry ${index}`);
    for (let start = 0; start < names.length; start += 500) await create(store, names.slice(start, start + 500));
    expect([...(await readAll(open(server, other))).keys()].sort()).toEqual([...names].sort());
    const buckets = await memcachedKeys(server.port, /:d:/);
    expect(buckets.length).toBeGreaterThan(80);
    // At most the present ones and those that the last change replaced.
    expect(buckets.length).toBeLessThanOrEqual(2 * 256);
  });

  it("moves a burst of cursors with a few writes", async () => {
    const server = await startServer();
    const store = open(server, client);
    const names = Array.from({ length: 500 }, (_, index) => `entry ${index}`);
    await create(store, names);
    const lease = await leadForLong(store);
    const before = Number(/cmd_set (\d+)/.exec(await stats(server))![1]);
    const results = await store.advance(
      lease,
      names.map((name) => moveOf(name, null, "ran")),
    );
    expect(results.every(({ status }) => status === "done")).toBe(true);
    expect(Number(/cmd_set (\d+)/.exec(await stats(server))![1]) - before).toBeLessThanOrEqual(128);
  });

  it("gets a bucket that the server has lost back from any node that has a copy", async () => {
    const server = await startServer();
    const [knowing, fresh] = [open(server, client), open(server, other)];
    await create(knowing, ["one", "two"]);
    expect((await readAll(knowing)).size).toBe(2);
    await deleteMemcachedItems(server.port, await memcachedKeys(server.port, /:d:/));
    expect((await readAll(fresh)).size).toBe(0);
    expect((await fresh.checkHealth()).join("\n")).toMatch(/1 of 1 buckets of definitions are lost/);
    await knowing.getRevision();
    expect([...(await readAll(fresh)).keys()]).toEqual(["one", "two"]);
    expect((await fresh.checkHealth()).join("\n")).not.toMatch(/are lost/);
  });

  it("can be written only by a leader where a bucket without any copy was lost", async () => {
    const server = await startServer();
    await create(open(server, client), ["one", "two"]);
    await deleteMemcachedItems(server.port, await memcachedKeys(server.port, /:d:/));
    const store = open(server, other);
    await expect(create(store, ["one"], "new")).rejects.toThrow(/dropped a part of the schedule: try again later/);
    const lease = await leadForLong(store);
    await store.setSchedule([{ name: "one", definition: "new", expectedRevision: null }], lease);
    expect([...(await readAll(store)).values()]).toMatchObject([{ name: "one", definition: "new", cursor: null }]);
  });

  it("gets cursors that the server has lost back from the leader's memory", async () => {
    const server = await startServer();
    const store = open(server, client);
    await create(store, ["one"]);
    const lease = await leadForLong(store);
    await store.advance(lease, [moveOf("one", null, "first")]);
    await deleteMemcachedItems(server.port, await memcachedKeys(server.port, /:c:/));
    expect((await readAll(store)).get("one")?.cursor).toBeNull();
    expect(await store.advance(lease, [moveOf("one", "first", "second")])).toEqual([{ status: "done" }]);
    expect((await readAll(open(server, other))).get("one")?.cursor).toBe("second");
  });

  it("keeps names out of keys", async () => {
    const server = await startServer();
    const store = open(server, client);
    const names = [
      "a$$b",
      "a$b",
      "p$&q",
      "u$'v",
      "two  spaces",
      "line\r\nbreak",
      "\u{1F680}",
      "n".repeat(300),
      "é".repeat(200),
    ];
    await create(store, names);
    expect([...(await readAll(open(server, other))).keys()].sort()).toEqual([...names].sort());
    for (const key of await memcachedKeys(server.port, /./)) expect(key).toMatch(/^beatx:[\w-]{22}:[\w:-]+$/);
  });

  it("reports a server that evicts items, and nothing about a healthy one", async () => {
    const server = await startServer("-m", "8");
    const store = open(server, client);
    expect(await store.checkHealth()).toEqual([]);
    for (let index = 0; !/evictions [1-9]/.test(await stats(server)); index += 1) {
      await create(store, [`large ${index}`], "x".repeat(100_000));
    }
    expect((await store.checkHealth()).join("\n")).toMatch(/has dropped \d+ items to make room/);
  });
});

function stats(server: MemcachedServer): Promise<string> {
  return askMemcached(server.port, "stats\r\n", /END\r\n$/).then(String);
}
