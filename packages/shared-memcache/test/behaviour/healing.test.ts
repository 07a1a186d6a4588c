import { createBeat, createClient, interval } from "@beatx/core";
import type { Beat, Store } from "@beatx/core";
import { FakeClock, recordingPublisher, silentLogger } from "@beatx/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryServer } from "../memory-server.js";
import { memcacheStore } from "../../src/index.js";

const SECOND_MS = 1000;

let server: MemoryServer;
let clock: FakeClock;
let publisher: ReturnType<typeof recordingPublisher>;
let nodes: Beat[];
let leaders: number;

beforeEach(() => {
  server = new MemoryServer();
  clock = new FakeClock();
  publisher = recordingPublisher();
  nodes = [];
  leaders = 0;
});

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
});

function open(): Store {
  return memcacheStore({ client: server, name: "memcached", clock });
}

/** A node with one entry in its configuration. */
async function startNode(): Promise<Beat> {
  const node = createBeat({
    store: open(),
    publisher,
    clock,
    logger: silentLogger,
    random: () => 0.5,
    schedule: { configured: { task: "a.task", schedule: interval("10s"), missed: "all" } },
  });
  node.on("leader", () => (leaders += 1));
  nodes.push(node);
  await node.start();
  return node;
}

async function addEntry(): Promise<void> {
  const client = createClient({ store: open(), clock });
  await client.put("added", { task: "a.task", schedule: interval("10s"), missed: "all" });
}

/** The sent instants of an entry: the gaps between them in seconds, the copies, and the count. */
function sentOf(entry: string): { gaps: Set<number>; copies: number; count: number } {
  const instants = publisher.messages
    .filter((message) => message.entry === entry)
    .map(({ scheduledAt }) => scheduledAt);
  const distinct = [...new Set(instants)].sort((one, other) => one - other);
  const gaps = distinct.slice(1).map((instant, index) => (instant - distinct[index]!) / SECOND_MS);
  return { gaps: new Set(gaps), copies: instants.length - distinct.length, count: distinct.length };
}

function drop(pattern: RegExp): void {
  const keys = server.keysLike(pattern);
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) server.items.delete(key);
}

describe("a leader that keeps running while the server loses data", () => {
  beforeEach(async () => {
    await startNode();
    await clock.advance(30 * SECOND_MS);
    await addEntry();
    await clock.advance(60 * SECOND_MS);
    expect(leaders).toBe(1);
  });

  it.each([
    ["everything", /./, 2],
    ["the lock", /:lock$/, 2],
    ["the manifest", /:manifest$/, 2],
    ["the sections", /:s:/, 1],
    ["the definitions", /:d:/, 1],
    ["the cursors", /:c:/, 1],
  ] as const)("misses and repeats nothing after the loss of %s", async (_what, pattern, terms) => {
    drop(pattern);
    await clock.advance(120 * SECOND_MS);
    expect(leaders).toBe(terms);
    const client = createClient({ store: open(), clock });
    expect((await client.list()).map(({ name }) => name).sort()).toEqual(["added", "configured"]);
    for (const entry of ["configured", "added"]) {
      const { gaps, copies, count } = sentOf(entry);
      expect({ entry, gaps: [...gaps], copies }).toEqual({ entry, gaps: [10], copies: 0 });
      expect(count).toBeGreaterThanOrEqual(17);
    }
  });
});

describe("a standby", () => {
  it("takes over from memory after a crash and the loss of everything", async () => {
    const first = await startNode();
    await clock.advance(30 * SECOND_MS);
    await addEntry();
    await startNode();
    await clock.advance(30 * SECOND_MS);
    server.fate = () => "request lost";
    server.flush();
    void first.stop();
    await clock.advance(10 * SECOND_MS);
    server.fate = () => "answered";
    await clock.advance(120 * SECOND_MS);
    const client = createClient({ store: open(), clock });
    expect((await client.list()).map(({ name }) => name).sort()).toEqual(["added", "configured"]);
    const before = sentOf("added").count;
    await clock.advance(30 * SECOND_MS);
    expect(sentOf("added").count).toBe(before + 3);
  });
});
