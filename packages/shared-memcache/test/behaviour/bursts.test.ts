import { createBeat, interval } from "@beatx/core";
import type { Beat } from "@beatx/core";
import { FakeClock, recordingPublisher, silentLogger } from "@beatx/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memcacheStore } from "../../src/index.js";
import { MemoryServer } from "../memory-server.js";

const SECOND_MS = 1_000;
const ENTRIES = 2_000;
const BATCH = 500;
const CURSOR_ITEMS = 128;
const ENTRIES_PER_BUCKET = 16;

let server: MemoryServer;
let clock: FakeClock;
let publisher: ReturnType<typeof recordingPublisher>;
let node: Beat;

beforeEach(() => {
  [server, clock, publisher] = [new MemoryServer(), new FakeClock(), recordingPublisher()];
  const entry = { task: "a.task", schedule: interval("60s") };
  node = createBeat({
    store: memcacheStore({ client: server, name: "memcached", clock }),
    publisher,
    clock,
    logger: silentLogger,
    random: () => 0.5,
    schedule: Object.fromEntries(Array.from({ length: ENTRIES }, (_, index) => [`entry ${index}`, entry])),
  });
});

afterEach(() => node.stop());

/** Runs until each entry was sent once more. */
async function sendAll(): Promise<void> {
  publisher.clear();
  while (publisher.messages.length < ENTRIES) await clock.advance(SECOND_MS);
  await clock.advance(SECOND_MS);
}

function writesOf(pattern: RegExp): number {
  return server.sent.filter(({ command, keys }) => /^(add|cas)$/.test(command) && pattern.test(keys[0]!)).length;
}

describe("a leader of many entries", () => {
  it("writes each item of cursors once in a burst, and again only where a batch ends within it", async () => {
    await node.start();
    await sendAll();
    server.sent.length = 0;
    await sendAll();
    expect(writesOf(/:c:/)).toBeGreaterThan(CURSOR_ITEMS / 2);
    expect(writesOf(/:c:/)).toBeLessThanOrEqual(CURSOR_ITEMS + ENTRIES / BATCH);
  });

  it("writes each bucket a few times when it merges its configuration for the first time", async () => {
    await node.start();
    await sendAll();
    expect(writesOf(/:d:/)).toBeGreaterThanOrEqual(ENTRIES / ENTRIES_PER_BUCKET);
    expect(writesOf(/:d:/)).toBeLessThan((5 * ENTRIES) / ENTRIES_PER_BUCKET);
  });
});
