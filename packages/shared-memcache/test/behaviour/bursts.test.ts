import { createBeat, interval } from "@beatx/core";
import { FakeClock, recordingPublisher, silentLogger } from "@beatx/core/testing";
import { expect, it } from "vitest";
import { memcacheStore } from "../../src/index.js";
import { MemoryServer } from "../memory-server.js";

const SECOND_MS = 1_000;
const ENTRIES = 2_000;
const BATCH = 500;
const CURSOR_ITEMS = 128;

it("a burst writes each item of cursors once, and again only where a batch ends within it", async () => {
  const [server, clock, publisher] = [new MemoryServer(), new FakeClock(), recordingPublisher()];
  const entries = Array.from({ length: ENTRIES }, (_, index) => [
    `entry ${index}`,
    { task: "a.task", schedule: interval("60s") },
  ]);
  const node = createBeat({
    store: memcacheStore({ client: server, name: "memcached", clock }),
    publisher,
    clock,
    logger: silentLogger,
    random: () => 0.5,
    schedule: Object.fromEntries(entries) as Record<string, { task: string; schedule: ReturnType<typeof interval> }>,
  });
  await node.start();
  while (publisher.messages.length < ENTRIES) await clock.advance(SECOND_MS);
  publisher.clear();
  server.sent.length = 0;
  while (publisher.messages.length < ENTRIES) await clock.advance(SECOND_MS);
  await clock.advance(SECOND_MS);
  const written = server.sent.filter(({ command, keys }) => command === "cas" && keys[0]!.includes(":c:"));
  expect(written.length).toBeGreaterThan(CURSOR_ITEMS / 2);
  expect(written.length).toBeLessThanOrEqual(CURSOR_ITEMS + ENTRIES / BATCH);
  await node.stop();
});
