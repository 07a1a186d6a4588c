import { BeatxError } from "@beatx/core";
import {
  getMemcachedItem,
  memcachedKeys,
  type MemcachedServer,
  setMemcachedItem,
  startMemcached,
} from "@beatx/test-servers";
import { afterEach, describe, expect, it } from "vitest";
import { clients } from "./clients.js";
import type { MemcacheStore } from "./clients.js";
import { create, everyCommand, lead, leadForLong, moveOf, readAll, rejectionOf } from "./helpers.js";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0).reverse()) await task();
});

async function startServer(...args: string[]): Promise<MemcachedServer> {
  const server = await startMemcached({ args });
  cleanUp.push(() => server.stop());
  return server;
}

/** Values of other clients: with their flags, of several lines, not UTF-8, too long for the parser of a client. */
const FOREIGN: readonly (readonly [value: string | Buffer, flags: number])[] = [
  ["garbage", 0],
  ["", 0],
  ["[1]", 2],
  ["{ no JSON", 2],
  ["5", 8],
  [Buffer.from([0x80, 0xff, 0x00, 0x0d, 0x0a]), 4],
  ["two\r\nEND\r\nVALUE x 0 5\r\nlines\r\n", 0],
  ["a".repeat(1_000_000), 0],
];

describe.each(clients)("items of other clients, through $name", ({ name, open: openClient }) => {
  function open(server: MemcachedServer): MemcacheStore {
    const store = openClient(server, { commandTimeoutMs: 60_000 });
    cleanUp.push(() => store.close());
    return store;
  }

  it("are replaced from the leader's memory, and reported with their key", async () => {
    const server = await startServer();
    const store = open(server);
    const lease = await leadForLong(store);
    await create(store, ["one"]);
    await store.advance(lease, [moveOf("one", null, "0")]);
    await readAll(store);
    const [cursors] = await keysWith(server, /:c:/, "one");
    const [definitions] = await keysWith(server, /:d:/, "one");
    const [manifest] = await memcachedKeys(server.port, /:manifest$/);
    let moved = 0;
    for (const key of [cursors!, definitions!, manifest!]) {
      for (const [value, flags] of FOREIGN) {
        await setMemcachedItem(server.port, key, value, flags);
        await store.getRevision();
        expect(await store.advance(lease, [moveOf("one", String(moved), String(moved + 1))])).toEqual([
          { status: "done" },
        ]);
        moved += 1;
        const item = await getMemcachedItem(server.port, key);
        expect(item?.flags).toBe(0);
        expect(item!.bytes.toString(), key).toMatch(/^\[.*"one"|^\[\d+,/);
        expect(store.takeNotices!().filter((line) => line.includes(`${key} holds`))).toHaveLength(1);
      }
    }
    expect((await readAll(open(server))).get("one")).toMatchObject({
      definition: "a definition",
      cursor: String(moved),
    });
  });

  it("in place of the lock do not end the leader's lease, and are outlived by the next leader", async () => {
    const server = await startServer();
    const store = open(server);
    let lease = await lead(store, 1000);
    const [key] = await memcachedKeys(server.port, /:lock$/);
    for (const [value, flags] of FOREIGN.slice(0, 4)) {
      await setMemcachedItem(server.port, key!, value, flags);
      // On a slow machine the lease may have run out: then it is the next leader's turn.
      if (!(await store.renewLock(lease, 1000))) lease = await lead(store, 1000);
      expect((await getMemcachedItem(server.port, key!))!.bytes.toString()).toContain(lease.token);
    }
    for (const [value, flags] of FOREIGN) {
      await setMemcachedItem(server.port, key!, value, flags);
      const next = open(server);
      expect((await lead(next, 100)).fence).toBeGreaterThan(lease.fence);
      expect(next.takeNotices!().join("\n")).toContain(`${key} holds`);
    }
  });

  it("give every command of a node that knows nothing an answer, or an error that names the key", async () => {
    const server = await startServer();
    await create(open(server), ["one"]);
    const keys = await memcachedKeys(server.port, /:(manifest|d:.*)$/);
    for (const key of keys) {
      for (const [value, flags] of FOREIGN) {
        await setMemcachedItem(server.port, key, value, flags);
        for (const [command, call] of Object.entries(everyCommand(open(server)))) {
          const error = await call().then(
            () => null,
            (cause: unknown) => cause as Error,
          );
          if (error === null || BeatxError.hasCode(error, "LOCK_LOST")) continue;
          expect(BeatxError.hasCode(error, "STORE"), `${name} ${command}: ${String(error)}`).toBe(true);
          expect(error.message).toMatch(/holds .*, which beatx did not write; .|dropped a part of the schedule/);
        }
      }
    }
  });

  it("that push beatx's items out one by one cause its own errors only, and leave it working", async () => {
    const server = await startServer("-m", "1", "-I", "128k", "-o", "slab_chunk_max=65536");
    const store = open(server);
    let lease = await lead(store, 200);
    for (let round = 0; round < 8; round += 1) {
      for (let item = 0; item < 10; item += 1) {
        await setMemcachedItem(server.port, `other:${round}:${item}`, "x".repeat(20_000 + round * 5000)).catch(
          () => undefined,
        );
      }
      for (const [command, call] of Object.entries({
        ...everyCommand(store),
        advance: () => store.advance(lease, [moveOf("one", null, "moved")]),
      })) {
        const error = await call().then(
          () => null,
          (cause: unknown) => cause as Error,
        );
        const isOwn = error === null || BeatxError.isInstance(error);
        expect(isOwn, `${name} ${command}: ${String(error)}`).toBe(true);
      }
      lease = await lead(store, 100, "a token");
    }
    expect((await store.checkHealth()).join("\n")).toMatch(/has dropped \d+ items/);
    await server.say("flush_all");
    await lead(store, 100, "another token");
    await create(store, ["after it"]);
    expect((await readAll(store)).has("after it")).toBe(true);
  });

  it("of more bytes than the server takes are refused with the way out, and leave it working", async () => {
    const store = open(await startServer("-I", "64k", "-o", "slab_chunk_max=32768"));
    await create(store, ["small"]);
    const error = await rejectionOf(create(store, ["large"], "x".repeat(100_000)));
    expect(error.message).toMatch(/raise its -I to the default of 1m/);
    expect([...(await readAll(store)).keys()]).toEqual(["small"]);
  });
});

async function keysWith(server: MemcachedServer, pattern: RegExp, text: string): Promise<string[]> {
  const keys = await memcachedKeys(server.port, pattern);
  const items = await Promise.all(keys.map((key) => getMemcachedItem(server.port, key)));
  return keys.filter((_, index) => items[index]?.bytes.includes(JSON.stringify(text)));
}
