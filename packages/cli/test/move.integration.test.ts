import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  type Beat,
  type Client,
  createBeat,
  createClient,
  type EntryInput,
  type Message,
  silentLogger,
} from "@beatx/core";
import { storeProvider as lmdb } from "@beatx/store-lmdb";
import { storeProvider as memcached } from "@beatx/store-memcached";
import { storeProvider as redis } from "@beatx/store-redis";
import { startMemcached, startRedis, waitFor } from "@beatx/test-servers";
import { expect, it, onTestFinished } from "vitest";

const EVERY_MS = 200;
const schedule: Record<string, EntryInput> = {
  // With `all` an instant that is lost would show, and with ids one that comes twice.
  load: { task: "t", schedule: `${EVERY_MS}ms`, missed: "all" },
  limited: { task: "t", schedule: "1s", missed: "all", maxRuns: 1_000 },
};

interface Sent extends Message {
  /** Of the nodes that have sent it. */
  readonly store: string;
}

/** Two nodes on the store, which send into `sent`. */
async function nodesOn(store: string, sent: Sent[], given?: typeof schedule): Promise<Beat[]> {
  const beats = [0, 1].map(() =>
    createBeat({
      store,
      stores: [redis, lmdb, memcached],
      publisher: async (message) => void sent.push({ ...message, store }),
      lockTtlMs: 10_000,
      logger: silentLogger,
      ...(given ? { schedule: given } : {}),
    }),
  );
  for (const beat of beats) await beat.start();
  onTestFinished(async () => void (await Promise.all(beats.map((beat) => beat.stop()))));
  return beats;
}

function clientOf(store: string): Client {
  const client = createClient({ store, stores: [redis, lmdb, memcached] });
  onTestFinished(() => client.close());
  return client;
}

it("a schedule that runs moves from Redis to a folder to memcached: nothing is lost, and nothing is sent twice", async () => {
  const [redisServer, memcachedServer] = [await startRedis(), await startMemcached()];
  onTestFinished(async () => void (await Promise.all([redisServer.stop(), memcachedServer.stop()])));
  const folder = await mkdtemp(join(tmpdir(), "beatx-move-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const stores = [`${redisServer.uri}/0`, `lmdb:${folder}`, memcachedServer.uri];
  const sent: Sent[] = [];
  for (const [index, store] of stores.entries()) await nodesOn(store, sent, index === 0 ? schedule : undefined);
  for (const [index, store] of stores.entries()) {
    const before = sent.length;
    await waitFor("messages", () => sent.length >= before + 10, 60_000);
    const next = stores[index + 1];
    if (next === undefined) break;
    const exported = await clientOf(store).export({ hold: true });
    expect(exported.records.map(({ name }) => name)).toEqual(["@beatx/cluster", "limited", "load"]);
    const results = await clientOf(next).importExport(JSON.parse(JSON.stringify(exported)) as typeof exported);
    expect(results.map(({ name, error }) => [name, error])).toEqual([
      ["limited", null],
      ["load", null],
    ]);
  }
  const last = await clientOf(stores.at(-1)!).export({ hold: true });
  // Nodes of a slow machine may lose their lease, and send a copy with the same id. A move sends none: those are of one store.
  const once = sent.filter(({ id }, index) => sent.findIndex((each) => each.id === id) === index);
  for (const { id, store } of sent) expect(once.find((each) => each.id === id)).toMatchObject({ store });
  for (const { name, cursor } of last.records.filter(({ cursor }) => cursor !== null)) {
    const instants = once.filter(({ entry }) => entry === name).map(({ scheduledAt }) => scheduledAt);
    const everyMs = name === "load" ? EVERY_MS : 1_000;
    expect(instants).toEqual(instants.map((_instant, index) => instants[0]! + index * everyMs));
    expect(cursor).toMatchObject({ at: instants.at(-1), runs: instants.length });
  }
});
