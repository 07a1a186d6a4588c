import { createBeat, createClient, interval } from "@beatx/core";
import type { Beat, BeatxError, Store } from "@beatx/core";
import { FakeClock, recordingPublisher } from "@beatx/core/testing";
import { seeded } from "@beatx/test-servers/seeded";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memcacheStore } from "../../src/index.js";
import { damagesOf, scrambled, wrongFieldsOf } from "../damage.js";
import type { Damage } from "../damage.js";
import { MemoryServer } from "../memory-server.js";

const SECOND_MS = 1000;
/** Made by a client: only the store and the nodes know them. */
const ADDED = Array.from({ length: 6 }, (_, index) => `added ${index}`);
const ALL = ["configured", ...ADDED];

let server: MemoryServer;
let clock: FakeClock;
let publisher: ReturnType<typeof recordingPublisher>;
let nodes: Beat[];
let lines: string[];
let errors: Error[];

beforeEach(() => {
  server = new MemoryServer();
  clock = new FakeClock();
  publisher = recordingPublisher();
  nodes = [];
  lines = [];
  errors = [];
});

afterEach(async () => {
  server.fate = () => "answered";
  await Promise.all(nodes.map((node) => node.stop()));
});

function open(): Store {
  return memcacheStore({ client: server, name: "memcached", clock });
}

async function startNode(): Promise<Beat> {
  const note = (_fields: object, line: string): void => void lines.push(line);
  const node = createBeat({
    store: open(),
    publisher,
    clock,
    logger: { info: note, warn: note, error: note },
    random: () => 0.5,
    schedule: { configured: { task: "a.task", schedule: interval("10s"), missed: "all" } },
  });
  node.on("error", (error) => errors.push(error));
  nodes.push(node);
  await node.start();
  return node;
}

/** A leader that has sent each entry some times. */
async function startLeader(): Promise<Beat> {
  const node = await startNode();
  await clock.advance(30 * SECOND_MS);
  const client = createClient({ store: open(), clock });
  for (const name of ADDED) await client.put(name, { task: "a.task", schedule: interval("10s"), missed: "all" });
  await clock.advance(25 * SECOND_MS);
  publisher.clear();
  return node;
}

/** The sent instants of an entry: the gaps between them in seconds, the copies, and the count. */
function sentOf(entry: string): { gaps: number[]; copies: number; count: number } {
  const instants = publisher.messages
    .filter((message) => message.entry === entry)
    .map(({ scheduledAt }) => scheduledAt);
  const distinct = [...new Set(instants)].sort((one, other) => one - other);
  const gaps = distinct.slice(1).map((instant, index) => (instant - distinct[index]!) / SECOND_MS);
  return { gaps: [...new Set(gaps)], copies: instants.length - distinct.length, count: distinct.length };
}

function textAt(key: string): string {
  return server.items.get(key)!.text;
}

/** Whether nothing has replaced the item: those that a change replaced stay for a minute. */
function isCurrent(key: string): boolean {
  return server.items.get(key)!.lifetimeS === 0;
}

/** The key of the item of this kind that holds the entry. */
function keyOf(pattern: RegExp, entry = "added 3"): string {
  const keys = server.keysLike(pattern).filter(isCurrent);
  const [key] = keys.length === 1 ? keys : keys.filter((one) => textAt(one).includes(JSON.stringify(entry)));
  expect(key).toBeDefined();
  return key!;
}

const KINDS = [
  ["the lock", /:lock$/],
  ["the manifest", /:manifest$/],
  ["a section", /:s:/],
  ["a bucket of definitions", /:d:/],
  ["a bucket of cursors", /:c:/],
] as const;

/** All reported errors are beatx's own, and blame the store. */
function expectOwnErrors(codes: readonly BeatxError["code"][] = ["STORE"]): void {
  for (const error of errors) expect(codes, error.message).toContain((error as Partial<BeatxError>).code);
}

function put(key: string, { value, flags }: Damage): void {
  server.put(key, value, flags);
}

describe.each(KINDS)("while a leader runs, %s that is damaged", (_kind, pattern) => {
  it("costs nothing, is mended, and is reported once, whatever the key holds", async () => {
    await startLeader();
    await clock.advance(10 * SECOND_MS);
    for (const damage of damagesOf(textAt(keyOf(pattern)))) {
      const key = keyOf(pattern);
      put(key, damage);
      lines.splice(0);
      await clock.advance(30 * SECOND_MS);
      const told = lines.filter(
        (line) => line.includes(`${key} holds`) && /restored|written it again|replaced/.test(line),
      );
      expect(told, `${damage.what}: ${lines.join("\n")}`).toHaveLength(1);
      expect(textAt(keyOf(pattern)), damage.what).toMatch(/^[[{].*[\]}]$/);
    }
    for (const entry of ALL) {
      const { gaps, copies } = sentOf(entry);
      expect({ entry, gaps, copies }).toEqual({ entry, gaps: [10], copies: 0 });
    }
    expect(lines.filter((line) => line.startsWith("standing by"))).toEqual([]);
    expectOwnErrors();
  });

  it("costs nothing if a field is wrong", async () => {
    await startLeader();
    const text = textAt(keyOf(pattern));
    for (const damage of wrongFieldsOf(text)) {
      // An empty bucket of cursors is a right one.
      if (damage.what === "2 is []") continue;
      put(keyOf(pattern), damage);
      await clock.advance(10 * SECOND_MS);
    }
    for (const entry of ALL) {
      const { gaps, copies } = sentOf(entry);
      expect({ entry, gaps, copies }).toEqual({ entry, gaps: [10], copies: 0 });
    }
    expectOwnErrors();
  });
});

/** The leader stops, an item is damaged, and a node that knows nothing starts. Answers the item's key, which the end of a term may change. */
async function replaceLeader(leader: Beat, pattern: RegExp, damage: Damage, entry?: string): Promise<string> {
  await leader.stop();
  nodes.splice(0);
  publisher.clear();
  const key = keyOf(pattern, entry);
  put(key, damage);
  await startNode();
  await clock.advance(60 * SECOND_MS);
  return key;
}

describe("a node that knows nothing", () => {
  it.each([
    ["the lock", /:lock$/, ALL],
    ["the manifest", /:manifest$/, ["configured"]],
    ["a section", /:s:/, ["configured"]],
    ["a bucket of definitions", /:d:/, ["configured"]],
    ["a bucket of cursors", /:c:/, ALL],
  ] as const)("outlives damage of %s, and says what is lost", async (_kind, pattern, kept) => {
    const leader = await startLeader();
    const damages = damagesOf(textAt(keyOf(pattern)));
    for (const damage of damages) {
      lines.splice(0);
      const key = await replaceLeader(nodes[0] ?? leader, pattern, damage, "configured");
      for (const entry of kept) expect(sentOf(entry).count, `${damage.what}: ${entry}`).toBeGreaterThanOrEqual(4);
      const told = lines.filter((line) => line.includes(`${key} holds`));
      expect(told.length, damage.what).toBeGreaterThan(0);
      expect(new Set(told).size, "each line once").toBe(told.length);
      expectOwnErrors();
    }
  });

  it("sends nothing twice from the buckets of cursors that are whole", async () => {
    const leader = await startLeader();
    const sent = new Set(publisher.messages.map(({ id }) => id));
    await replaceLeader(leader, /:c:/, { what: "garbage", value: "garbage" });
    const copies = publisher.messages.filter(({ id }) => sent.has(id));
    expect(new Set(copies.map(({ entry }) => entry))).toEqual(new Set(copies.length > 0 ? ["added 3"] : []));
    for (const entry of ALL) expect(sentOf(entry).gaps, entry).toEqual([10]);
  });

  it("lets clients write again where a bucket of definitions is lost", async () => {
    const leader = await startLeader();
    await replaceLeader(leader, /:d:/, { what: "garbage", value: "garbage" });
    await clock.advance(60 * SECOND_MS);
    const client = createClient({ store: open(), clock });
    await client.put("added 3", { task: "a.task", schedule: interval("10s") });
    expect((await client.list()).map(({ name }) => name).sort()).toEqual(["added 3", "configured"]);
  });
});

describe("a standby that knows the entries", () => {
  it.each(KINDS)("takes over after damage of %s, and every entry runs on", async (_kind, pattern) => {
    const leader = await startLeader();
    await startNode();
    await clock.advance(20 * SECOND_MS);
    put(keyOf(pattern), { what: "garbage", value: "garbage" });
    void leader.stop();
    await clock.advance(60 * SECOND_MS);
    for (const entry of ALL) expect(sentOf(entry).gaps, entry).toEqual([10]);
    expectOwnErrors();
  });
});

describe("items that are scrambled at random", () => {
  it.each(Array.from({ length: 8 }, (_, index) => 1 + index * 7919))("end no beat (seed %i)", async (seed) => {
    const random = seeded(seed);
    const leader = await startLeader();
    for (let round = 0; round < 12; round += 1) {
      const keys = [...server.items.keys()];
      const chosen = random() < 0.5 ? keys.filter((key) => !key.includes(":c:")) : keys;
      const key = chosen[Math.floor(random() * chosen.length)]!;
      if (random() < 0.2) server.items.delete(key);
      else server.put(key, scrambled(textAt(key), random), random() < 0.2 ? 4 : 0);
      await clock.advance(Math.floor(random() * 20) * SECOND_MS);
      if (random() < 0.2) await startNode();
      if (random() < 0.2) await (nodes.shift() ?? leader).stop();
      if (nodes.length === 0) await startNode();
    }
    await clock.advance(120 * SECOND_MS);
    const before = sentOf("configured").count;
    await clock.advance(60 * SECOND_MS);
    expect(sentOf("configured").count - before).toBe(6);
    expectOwnErrors(["STORE", "BAD_ENTRY"]);
  });
});
