import type { Store } from "@beatx/core";
import { type DefinitionChange, isLease, type Lease, type StoredEntry } from "@beatx/core/adapter";
import { FakeClock } from "@beatx/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryServer } from "../../test/memory-server.js";
import { memcacheStore } from "../index.js";

let server: MemoryServer;
let clock: FakeClock;
let node: Store;

beforeEach(() => {
  server = new MemoryServer();
  clock = new FakeClock();
  node = open();
});

function open(): Store & Required<Pick<Store, "checkHealth">> {
  return memcacheStore({ client: server, name: "memcached", clock });
}

function creation(name: string, definition = "a definition"): DefinitionChange {
  return { name, definition, expectedRevision: null };
}

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `entry ${index}`);
}

async function read(store: Store, since?: string): Promise<{ complete: boolean; entries: Map<string, StoredEntry> }> {
  const reading = await store.getSchedule(since);
  const entries = new Map<string, StoredEntry>();
  for await (const batch of reading.batches) for (const entry of batch) entries.set(entry.name, entry);
  return { complete: reading.complete, entries };
}

/** Keys that were read, each as often as it was. */
function readKeys(): string[] {
  return server.sent.flatMap(({ command, keys }) => (command === "gets" || command === "getMany" ? keys : []));
}

function written(): number {
  return server.sent.filter(({ command }) => command === "add" || command === "cas").length;
}

async function lead(store: Store, ttlMs = 60_000): Promise<Lease> {
  for (;;) {
    const answer = await store.acquireLock({ token: "token", ttlMs, label: "node" });
    if (isLease(answer)) return answer;
    await clock.advance(answer.retryAfterMs);
  }
}

/** The server makes room and drops the bucket of this name. */
async function evict(name: string): Promise<void> {
  const holding = server.keysLike(/:d:/).filter((key) => server.items.get(key)!.text.includes(JSON.stringify(name)));
  expect(holding).toHaveLength(1);
  server.items.delete(holding[0]!);
}

describe("a bucket of definitions that the server has dropped", () => {
  const names = namesOf(200);

  beforeEach(async () => {
    await node.setSchedule(names.map((name) => creation(name)));
    await read(node);
  });

  it("is not overwritten by a client without a copy, and is restored by the polls of a node that has one", async () => {
    await evict("entry 7");
    const client = open();
    await expect(client.setSchedule([{ ...creation("entry 7"), expectedRevision: null }])).rejects.toThrow(
      /dropped a part of the schedule: try again later/,
    );
    for (let poll = 0; poll < 8; poll += 1) await node.getRevision();
    expect([...(await read(client)).entries.keys()].sort()).toEqual([...names].sort());
    expect(await client.setSchedule([creation("entry 7")])).toMatchObject([{ status: "conflict" }]);
  });

  it("does not prevent writes to other buckets", async () => {
    await evict("entry 7");
    const [result] = await open().setSchedule([creation("somewhere else")]);
    expect(result).toMatchObject({ status: "done" });
  });

  it("is given up by a leader if no node restores it for long, so that clients can write there again", async () => {
    await evict("entry 7");
    const leader = open();
    await lead(leader, 3_600_000);
    expect((await read(leader)).entries.size).toBeLessThan(200);
    const client = open();
    for (let poll = 0; poll < 9; poll += 1) await leader.getRevision();
    await expect(client.setSchedule([creation("entry 7")])).rejects.toThrow(/dropped a part/);
    for (let poll = 0; poll < 10 * 8; poll += 1) await leader.getRevision();
    expect(await client.setSchedule([creation("entry 7", "a new one")])).toMatchObject([{ status: "done" }]);
    expect((await read(leader)).entries.get("entry 7")).toMatchObject({ definition: "a new one" });
  });

  it("is not given up if it was restored just before", async () => {
    await evict("entry 7");
    const other = open();
    await read(other);
    for (let poll = 0; poll < 11 * 8; poll += 1) await other.getRevision();
    for (let poll = 0; poll < 8; poll += 1) await node.getRevision();
    await lead(other);
    await other.getRevision();
    expect((await read(open())).entries.size).toBe(200);
  });

  it("is not given up by a node that does not lead", async () => {
    await evict("entry 7");
    const standby = open();
    await read(standby);
    for (let poll = 0; poll < 20 * 8; poll += 1) await standby.getRevision();
    await expect(open().setSchedule([creation("entry 7")])).rejects.toThrow(/dropped a part/);
  });
});

describe("a bucket of definitions in two items", () => {
  /** The notices of a node that reads the schedule after `damage`. */
  async function noticesAfter(damage: (first: string, second: string) => void): Promise<string> {
    // In JSON, a quotation mark takes two characters.
    await node.setSchedule([creation("large", `"`.repeat(131_072))]);
    const [first, second, ...others] = server.keysLike(/:d:/).sort();
    expect(others).toEqual([]);
    damage(first!, second!);
    const reader = open();
    expect((await read(reader)).entries.size).toBe(0);
    return reader.takeNotices!().join("\n");
  }

  it.each([0, 1])("counts as dropped if the server has dropped item %d: the other one is intact", async (dropped) => {
    const notices = await noticesAfter((...keys) => server.items.delete(keys[dropped]!));
    expect(notices).toMatch(/^the server has dropped a bucket of definitions: their 1 entries are/);
    expect(notices).not.toContain("did not write");
  });

  it("counts as damaged if both are there, and one is damaged", async () => {
    const notices = await noticesAfter((first) => server.put(first, "of another program"));
    expect(notices).toMatch(/^a bucket of definitions could not be read \(.* holds "of another program"/);
  });
});

describe("a bucket of definitions that the manifest names wrongly", () => {
  it("refuses the moves of its own entries only, and says why", async () => {
    const names = namesOf(200);
    await node.setSchedule(names.map((name) => creation(name)));
    const lease = await lead(node);
    const [key] = server.keysLike(/:manifest$/);
    // As an older version wrote it: without the checksum that would tell.
    const text = server.items.get(key!)!.text.replace(/,"[\w-]{22}"\]$/, "]");
    server.put(key!, text.replace(/"[\w-]{22}\.1"/, `"${"x".repeat(22)}.1"`));
    const moves = names.map((name) => ({ name, from: null, to: "ran", definitionRevision: null, dueAt: 0 }));
    const results = await node.advance(lease, moves);
    const refused = results.filter(({ status }) => status === "refused");
    expect(refused.length).toBeGreaterThan(5);
    expect(refused[0]).toMatchObject({ reason: expect.stringMatching(/lost its definition/) });
    expect(results.filter(({ status }) => status === "done")).toHaveLength(200 - refused.length);
  });
});

describe("writing the schedule", () => {
  it("writes only the changed buckets, their sections and the manifest", async () => {
    await node.setSchedule(namesOf(1000).map((name) => creation(name)));
    const before = written();
    await node.setSchedule([creation("one more")]);
    expect(written() - before).toBe(3);
  });

  it("writes a few buckets for a new entry, at any number of entries", async () => {
    await node.setSchedule(namesOf(1000).map((name) => creation(name)));
    for (let round = 0; round < 100; round += 1) {
      server.sent.length = 0;
      await node.setSchedule([creation(`one more ${round}`)]);
      const buckets = server.sent.filter(({ command, keys }) => command === "add" && keys[0]!.includes(":d:"));
      // Its own, and one that is added, with the one that is divided for it.
      expect(buckets.length).toBeLessThanOrEqual(3);
    }
    expect((await read(open())).entries.size).toBe(1_100);
  });

  it("keeps buckets small", async () => {
    await node.setSchedule(namesOf(1000).map((name) => creation(name)));
    expect(server.keysLike(/:d:/).length).toBeGreaterThan(25);
  });

  it("lets what it has replaced end after a minute, so that slow readers still find it", async () => {
    await node.setSchedule([creation("one")]);
    const first = server.keysLike(/:[ds]:/);
    expect(first).toHaveLength(2);
    await node.setSchedule([creation("two")]);
    expect(first.map((key) => server.items.get(key)?.lifetimeS)).toEqual([60, 60]);
    const others = server.keysLike(/:[ds]:/).filter((key) => !first.includes(key));
    expect(others.map((key) => server.items.get(key)?.lifetimeS)).toEqual([0, 0]);
  });

  it("removes with its next change what its last one has replaced, so that many changes need little room", async () => {
    await node.setSchedule(namesOf(500).map((name) => creation(name)));
    for (let round = 0; round < 30; round += 1) await node.setSchedule([creation(`one more ${round}`)]);
    const isReplaced = (key: string): boolean => server.items.get(key)!.lifetimeS > 0;
    expect(server.keysLike(/:[ds]:/).filter(isReplaced)).toHaveLength(2);
  });

  it("that loses a race compares with the new state, and leaves no bucket behind", async () => {
    await node.setSchedule([creation("theirs")]);
    server.before = async (command, [key]) => {
      if (command !== "cas" || !key!.endsWith(":manifest")) return;
      server.before = () => undefined;
      await open().setSchedule([creation("faster")]);
    };
    expect(await node.setSchedule([creation("mine"), creation("theirs")])).toMatchObject([
      { status: "done" },
      { status: "conflict", entry: { definition: "a definition" } },
    ]);
    expect([...(await read(node)).entries.keys()].sort()).toEqual(["faster", "mine", "theirs"]);
    // The others were replaced.
    const isCurrent = (key: string): boolean => server.items.get(key)!.lifetimeS === 0;
    expect(server.keysLike(/:d:/).filter(isCurrent)).toHaveLength(1);
  });

  it("whose answer was lost shows as a conflict with the written entry", async () => {
    await node.setSchedule([]);
    server.fate = (command, [key]) => (command === "cas" && key!.endsWith(":manifest") ? "answer lost" : "answered");
    const failing = expect(node.setSchedule([creation("one")])).rejects.toMatchObject({ code: "STORE" });
    await clock.advance(2000);
    await failing;
    server.fate = () => "answered";
    expect(await node.setSchedule([creation("one")])).toMatchObject([{ status: "conflict", entry: { name: "one" } }]);
  });

  it("takes entries that together do not fit into one item", async () => {
    const large = Array.from({ length: 12 }, (_, index) =>
      creation(`large ${index}`, `${index}é`.padEnd(131_000, "x")),
    );
    await node.setSchedule(large);
    const { entries } = await read(open());
    for (const { name, definition } of large) expect(entries.get(name)?.definition === definition, name).toBe(true);
  });

  it("refuses more entries than there is room for from clients, but none from the leader, whose schedule goes on", async () => {
    await node.setSchedule([creation("one")]);
    const [key] = server.keysLike(/:manifest$/);
    // As an older version wrote it: without the checksum.
    const [fence, life, number] = JSON.parse(server.items.get(key!)!.text) as unknown[];
    const sections = Array.from({ length: 256 }, () => "");
    server.put(key!, JSON.stringify([fence, life, number, 499_999, 16_384, sections]));
    expect(await node.setSchedule([creation("the last")])).toMatchObject([{ status: "done" }]);
    await expect(node.setSchedule([creation("one more")])).rejects.toThrow(
      /500001 entries.*room for.*500000.*another store/,
    );
    const lease = await lead(node);
    expect(await node.setSchedule([creation("configured")], lease)).toMatchObject([{ status: "done" }]);
  });

  it("answers done for the removal of a missing entry, without a new revision", async () => {
    const before = await node.getRevision();
    const results = await node.setSchedule([{ name: "nothing", definition: null, expectedRevision: null }]);
    expect(results).toEqual([{ status: "done", revision: before }]);
    expect(await node.getRevision()).toBe(before);
  });
});

describe("reading the schedule", () => {
  it("since a state that this node remembers fetches only the changed buckets", async () => {
    await node.setSchedule(namesOf(1000).map((name) => creation(name)));
    const reader = open();
    const revision = await reader.getRevision();
    await read(reader);
    await node.setSchedule([creation("one more")]);
    server.sent.length = 0;
    const { complete, entries } = await read(reader, revision);
    expect(complete).toBe(false);
    expect([...entries.keys()]).toEqual(["one more"]);
    // The section and the bucket, and a few items that are polled.
    expect(readKeys().filter((key) => /:[ds]:/.test(key)).length).toBeLessThan(10);
  });

  it("since a state with fewer buckets reports what is new, and no entry that moved to another bucket", async () => {
    await node.setSchedule(namesOf(500).map((name) => creation(name)));
    const reader = open();
    const revision = await reader.getRevision();
    await read(reader);
    const added = namesOf(200).map((name) => `added ${name}`);
    await node.setSchedule(added.map((name) => creation(name)));
    const { complete, entries } = await read(reader, revision);
    expect(complete).toBe(false);
    expect([...entries.keys()].sort()).toEqual(added.sort());
  });

  it("starts again when a change has removed a bucket, and shows one state", async () => {
    await node.setSchedule([creation("old")]);
    const reading = await open().getSchedule();
    const { entries } = await read(node);
    const change = { name: "old", definition: "newer", expectedRevision: entries.get("old")!.revision };
    const [result] = await node.setSchedule([change]);
    if (result?.status !== "done") throw new Error("the change was refused");
    await node.setSchedule([{ ...change, definition: "newest", expectedRevision: result.revision }]);
    for (const key of server.keysLike(/:d:/)) if (server.items.get(key)!.lifetimeS > 0) server.items.delete(key);
    const found: string[] = [];
    for await (const batch of reading.batches) found.push(...batch.map(({ definition }) => definition!));
    expect(found).toEqual(["newest"]);
  });

  it("of an idle node touches all items in turn, and reads few bytes however many entries there are", async () => {
    const definition = "d".repeat(500);
    await node.setSchedule(namesOf(5_000).map((name) => creation(name, definition)));
    await read(node);
    const keys = server.keysLike(/:[ds]:/).filter((key) => server.items.get(key)!.lifetimeS === 0);
    const [touched, polls] = [new Set<string>(), Math.max(16, Math.ceil(keys.length / 32))];
    server.sent.length = 0;
    for (let poll = 0; poll < polls; poll += 1) await node.getRevision();
    for (const { command, keys: some } of server.sent) if (command === "touch") touched.add(some[0]!);
    expect(touched).toEqual(new Set(keys));
    const bytes = readKeys().reduce((sum, key) => sum + server.items.get(key)!.text.length, 0);
    expect(bytes / polls).toBeLessThan(4_000);
  });

  it("begins with a short manifest, so a renewal of the lease reads few bytes however many entries there are", async () => {
    await node.setSchedule(namesOf(5_000).map((name) => creation(name)));
    const lease = await lead(node);
    server.sent.length = 0;
    expect(await node.renewLock(lease, 60_000)).toBe(true);
    expect(readKeys().map((key) => key.replace(/.*:/, ""))).toEqual(["lock", "manifest"]);
    expect(readKeys().reduce((sum, key) => sum + server.items.get(key)!.text.length, 0)).toBeLessThan(1_000);
  });

  /** Another program writes over one of many buckets. `text`: what it held. */
  async function damageOne(): Promise<{ readonly key: string; readonly text: string }> {
    await node.setSchedule(namesOf(200).map((name) => creation(name, "d".repeat(500))));
    await read(node);
    const [key] = server.keysLike(/:d:/);
    const { text } = server.items.get(key!)!;
    server.put(key!, "of another program");
    return { key: key!, text };
  }

  it("reads all items in time, and so finds a damaged one", async () => {
    const { key, text } = await damageOne();
    const whole = server.keysLike(/:[ds]:/).reduce((sum, each) => sum + server.items.get(each)!.text.length, 0);
    for (let poll = 0; poll < whole / 2_000 + 16; poll += 1) await node.getRevision();
    expect(server.items.get(key)!.text).toBe(text);
  });

  it("finds damage that it cannot repair for a node that only touches the item", async () => {
    const { key, text } = await damageOne();
    const other = open();
    await read(other);
    while (server.items.has(key)) await other.getRevision();
    for (let poll = 0; poll < 16; poll += 1) await node.getRevision();
    expect(server.items.get(key)!.text).toBe(text);
  });

  it("restores a bucket that the server has dropped, but not one that was replaced", async () => {
    await node.setSchedule([creation("one")]);
    await read(node);
    const [key] = server.keysLike(/:d:/);
    server.items.delete(key!);
    await node.getRevision();
    expect(server.items.has(key!)).toBe(true);
    const other = open();
    await other.setSchedule([creation("two")]);
    server.items.delete(key!);
    await node.getRevision();
    expect(server.items.has(key!)).toBe(false);
  });

  it("never mistakes a lost schedule for the one before", async () => {
    await node.setSchedule([creation("one")]);
    const revision = await node.getRevision();
    await read(node);
    server.flush();
    expect(await node.getRevision()).not.toBe(revision);
    expect(await read(node, revision)).toEqual({ complete: true, entries: new Map() });
  });

  it("rejects if the key of the manifest holds something else", async () => {
    await node.getRevision();
    server.put(server.keysLike(/:manifest$/)[0]!, "somebody else's");
    await expect(node.getRevision()).rejects.toThrow(/choose another namespace/);
  });
});

describe("cursors", () => {
  function moveOf(name: string, from: string | null, to: string): Parameters<Store["advance"]>[1][number] {
    return { name, from, to, definitionRevision: null, dueAt: 0 };
  }

  it("of removed entries are removed with the next write of their bucket", async () => {
    const lease = await lead(node);
    const [created] = await node.setSchedule([creation("one")]);
    if (created?.status !== "done") throw new Error("the creation was refused");
    await node.advance(lease, [moveOf("one", null, "ran")]);
    const [key] = server.keysLike(/:c:/).filter((candidate) => server.items.get(candidate)!.text.includes("ran"));
    await node.setSchedule([{ name: "one", definition: null, expectedRevision: created.revision }, creation("other")]);
    await node.setSchedule([creation("one")]);
    expect((await read(node)).entries.get("one")?.cursor).toBeNull();
    expect(await node.advance(lease, [moveOf("one", "ran", "again")])).toEqual([{ status: "moved", cursor: null }]);
    await node.advance(lease, [moveOf("one", null, "anew")]);
    expect(server.items.get(key!)!.text).not.toContain("ran");
  });

  it("that the server has lost are restored from the leader's memory, a whole bucket with the next move", async () => {
    const lease = await lead(node);
    const names = namesOf(300);
    await node.setSchedule(names.map((name) => creation(name)));
    await node.advance(
      lease,
      names.map((name) => moveOf(name, null, "first")),
    );
    for (const key of server.keysLike(/:c:/)) server.items.delete(key);
    const [first] = names;
    expect(await node.advance(lease, [moveOf(first!, "first", "second")])).toEqual([{ status: "done" }]);
    const [key] = server.keysLike(/:c:/);
    const neighbours = [...(await read(node)).entries.values()].filter(({ cursor }) => cursor === "first");
    expect(neighbours.length).toBeGreaterThan(0);
    // An old leader that has not noticed the end of its term writes the bucket that it found missing.
    server.put(
      key!,
      server.items
        .get(key!)!
        .text.replace(/^\[\d+/, "[1")
        .replace("second", "stale"),
    );
    expect(await node.advance(lease, [moveOf(first!, "second", "third")])).toEqual([{ status: "done" }]);
  });

  it("in a bucket with the fence of a newer leader do not move", async () => {
    const lease = await lead(node);
    await node.setSchedule([creation("one")]);
    for (const key of server.keysLike(/:c:/)) {
      const item = server.items.get(key)!;
      item.text = item.text.replace(/^\[\d+/, `[${lease.fence + 1}`);
    }
    await expect(node.advance(lease, [moveOf("one", null, "stale")])).rejects.toMatchObject({ code: "LOCK_LOST" });
  });
});

describe("the health", () => {
  it("reports evictions, a wrong clock and lost buckets", async () => {
    const store = open();
    await store.setSchedule([creation("one")]);
    server.stats = { evictions: "0", time: String(Math.trunc(clock.now() / 1000)) };
    expect(await store.checkHealth()).toEqual([]);
    server.stats = { evictions: "7", time: String(Math.trunc(clock.now() / 1000) - 60) };
    for (const key of server.keysLike(/:d:/)) server.items.delete(key);
    expect(await store.checkHealth()).toEqual([
      expect.stringMatching(/dropped 7 items/),
      expect.stringMatching(/60 s ahead/),
      expect.stringMatching(/1 of 1 buckets of definitions are lost/),
    ]);
  });
});

describe("options", () => {
  it.each([
    [{ namespace: "" }, /namespace is ""/],
    [{ commandTimeoutMs: 0.5 }, /commandTimeoutMs is 0.5/],
  ])("%j are refused", (options, message) => {
    expect(() => memcacheStore({ client: server, name: "memcached", ...options })).toThrow(message);
  });
});
