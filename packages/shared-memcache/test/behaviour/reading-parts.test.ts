import type { Store } from "@beatx/core";
import { FakeClock } from "@beatx/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { memcacheStore } from "../../src/index.js";
import { MemoryServer } from "../memory-server.js";

const NAMES = Array.from({ length: 2_000 }, (_, index) => `entry ${String(index).padStart(4, "0")}`);
/** The manifest, a section, a bucket of definitions and one of cursors. */
const KEYS_OF_ONE = 4;

let server: MemoryServer;
let clock: FakeClock;

beforeEach(async () => {
  server = new MemoryServer();
  clock = new FakeClock();
  const node = open();
  const changes = NAMES.map((name) => ({ name, definition: "text", expectedRevision: null }));
  await node.setSchedule(changes);
  server.sent.length = 0;
});

function open(): Store {
  return memcacheStore({ client: server, name: "memcached", clock });
}

/** Keys that were read, each as often as it was. */
function readKeys(): string[] {
  return server.sent.flatMap(({ command, keys }) => (command === "gets" || command === "getMany" ? keys : []));
}

describe("a memcached store with many entries", () => {
  it("reads the manifest, a section and two buckets for one entry", async () => {
    const [entry] = await open().getEntries(["entry 0007"]);
    expect(entry).toMatchObject({ name: "entry 0007", definition: "text", cursor: null });
    expect(readKeys()).toHaveLength(KEYS_OF_ONE);
  });

  it("reads no cursors for a name that is not stored", async () => {
    expect(await open().getEntries(["nothing"])).toEqual([]);
    expect(readKeys().length).toBeLessThan(KEYS_OF_ONE);
  });

  it("writes one bucket, its section and the manifest for one change, and reads no other bucket", async () => {
    const client = open();
    const [entry] = await client.getEntries(["entry 0007"]);
    const change = { name: "entry 0007", definition: "new", expectedRevision: entry!.revision };
    expect(await client.setSchedule([change])).toMatchObject([{ status: "done" }]);
    expect(readKeys().length).toBeLessThanOrEqual(KEYS_OF_ONE + 2);
    expect(server.sent.filter(({ command }) => command === "add" || command === "cas")).toHaveLength(3);
  });

  it("keeps no bucket of an earlier state in memory, however many entries it has read one by one", async () => {
    const [client, other] = [open(), open()];
    const [before] = await client.getEntries(["entry 0007"]);
    await other.setSchedule([{ name: "entry 0007", definition: "new", expectedRevision: before!.revision }]);
    await client.getEntries(["entry 0008"]);
    await client.getEntries(["entry 0007"]);
    server.sent.length = 0;
    await client.getEntries(["entry 0007"]);
    // The section and the bucket are known and current: only the manifest and the cursors are read.
    expect(readKeys()).toHaveLength(KEYS_OF_ONE - 2);
  });

  it("reads each bucket once for all pages of a listing", async () => {
    const client = open();
    const names: string[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const page = await client.listEntries({ limit: 100, ...(after === undefined ? {} : { after }) });
      names.push(...page.entries.map(({ name }) => name));
      after = page.next;
    }
    expect(names).toEqual(NAMES);
    const buckets = readKeys().filter((key) => key.includes(":d:"));
    expect(new Set(buckets).size).toBe(buckets.length);
  });

  it("reads a few buckets for a page of requested runs, however many entries there are", async () => {
    const [node, client] = [open(), open()];
    const runs = ["@beatx/run/1", "@beatx/run/2", "@beatx/run/3"];
    await node.setSchedule(runs.map((name) => ({ name, definition: "a run", expectedRevision: null })));
    server.sent.length = 0;
    const page = await client.listEntries({ prefix: "@beatx/run/", limit: 100 });
    expect(page.entries.map(({ name }) => name)).toEqual(runs);
    expect(readKeys().filter((key) => key.includes(":d:")).length).toBeLessThanOrEqual(8);
  });

  it("does not say that an entry is missing whose bucket the server has dropped", async () => {
    for (const key of server.keysLike(/:d:/)) {
      if (server.items.get(key)!.text.includes('"entry 0007"')) server.items.delete(key);
    }
    await expect(open().getEntries(["entry 0007"])).rejects.toThrow(/dropped a part of the schedule: try again later/);
  });
});
