import { type Beat, createBeat, createClient, type EntryInput } from "@beatx/core";
import { startRedis, type RedisServer } from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { storeProvider } from "../src/index.js";

let server: RedisServer;
const beats: Beat[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(() => Promise.all(beats.splice(0).map((beat) => beat.stop())));
afterAll(() => server.stop());

const TIMING = { lockTtlMs: 1_000, maxLoopIntervalMs: 100, standbyPollMs: 100 };
const everySecond: EntryInput = { task: "t", schedule: "1s" };

/** A node of an application that has these entries. */
function node(entries: readonly string[]) {
  const schedule = Object.fromEntries(entries.map((name) => [name, everySecond]));
  let says: (line: string) => void;
  const standsBy = new Promise<string>((resolve) => (says = resolve));
  const note = (_fields: object, line: string): void => void (line.includes("namespace of its own") && says(line));
  const logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
  const sent: string[] = [];
  const publisher = async ({ entry }: { entry: string }): Promise<void> => void sent.push(entry);
  const beat = createBeat({ store: server.uri, stores: [storeProvider], schedule, publisher, logger, ...TIMING });
  beats.push(beat);
  return { beat, sent, standsBy };
}

/** Waits for an event. An `error` meanwhile is no failure: the beat goes on. */
function next(beat: Beat, event: "published" | "state-lost"): Promise<void> {
  return new Promise((resolve) => void beat.once(event, () => resolve()));
}

describe("two applications in one namespace of a Redis server", () => {
  it("keep their entries apart through a restart and a wipe", async () => {
    const first = node(["bills"]);
    await first.beat.start();
    await next(first.beat, "published");
    const second = node(["letters"]);
    await second.beat.start();
    expect(await second.standsBy).toContain("its configuration has bills");

    await first.beat.stop();
    const restarted = node(["bills", "stock"]);
    await restarted.beat.start();
    await next(restarted.beat, "published");

    const restored = next(restarted.beat, "state-lost");
    await server.cli("FLUSHALL");
    await restored;
    await next(restarted.beat, "published");
    const client = createClient({ store: server.uri, stores: [storeProvider] });
    expect((await client.list()).map(({ name }) => name)).toEqual(["bills", "stock"]);
    await client.close();
    expect(second.sent).toEqual([]);
  });
});
