import { join } from "node:path";
import { type RedisServer, startMemcached, startRedis, waitFor } from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";

import { BeatNode } from "./beat-node.js";

/** The long form: `BEATX_LARGE_ENTRIES=300000 npm run test:e2e -- large-schedule`. */
const given = process.env["BEATX_LARGE_ENTRIES"];
const [FAST, SLOW] = given === undefined ? [130_000, 20_000] : [Number(given), Number(given)];
const LIMIT_MS = 500_000;

interface OpenedStore {
  readonly uri: string;
  stop(): Promise<void>;
}

async function redis(): Promise<OpenedStore> {
  const server = await startRedis();
  return { uri: `${server.uri}/0`, stop: () => server.stop() };
}

async function memcached(scheme: string): Promise<OpenedStore> {
  const server = await startMemcached({ args: ["-m", "1024", "-I", "8m"] });
  return { uri: `${scheme}://${server.host}:${server.port}`, stop: () => server.stop() };
}

/** A store without a server. */
const local = (uri: string): OpenedStore => ({ uri, stop: () => Promise.resolve() });

/** The last entry is due every second, the others once a day. */
function scheduleOf(count: number): Record<string, object> {
  const names = Array.from({ length: count }, (_, index) => `entry ${index}`);
  return Object.fromEntries(
    names.map((name, index) => [name, { task: "t", args: [index], schedule: index === count - 1 ? "1s" : "1d" }]),
  );
}

/** Waits until the node has sent the entry. Returns the roles that it had until then. */
async function rolesUntilSent(node: BeatNode, entry: string): Promise<string[]> {
  const isSent = (): boolean => node.events.some((each) => each.event === "published" && each["entry"] === entry);
  await waitFor(`"${entry}" from ${node.name}`, () => isSent() || node.ended, LIMIT_MS);
  expect(node.ended, node.log).toBeNull();
  return node.events.map(({ event }) => event).filter((event) => event === "leader" || event === "standby");
}

describe("a configuration of very many entries", () => {
  let broker: RedisServer;
  let store: OpenedStore;
  const nodes: BeatNode[] = [];

  beforeAll(async () => {
    broker = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.kill()));
    await store.stop();
  });
  afterAll(() => broker.stop());

  it.each([
    { scheme: "dummy", count: FAST, open: async () => local("dummy://large"), isShared: false },
    { scheme: "lmdb", count: FAST, open: async () => local(`lmdb:${join(inject("application"), "large")}`) },
    { scheme: "redis", count: FAST, open: redis },
    { scheme: "memcached", count: SLOW, open: () => memcached("memcached") },
    { scheme: "memjs", count: SLOW, open: () => memcached("memjs") },
  ])("starts, and the node leads throughout, on $scheme ($count entries)", async ({ count, open, isShared = true }) => {
    store = await open();
    const options = { store: store.uri, publisher: `celery+${broker.uri}/0`, schedule: scheduleOf(count) };
    const last = `entry ${count - 1}`;
    for (let starts = 0; starts < (isShared ? 2 : 1); starts++) {
      const node = await BeatNode.start({ ...options, lockTtlMs: 9_000 });
      nodes.push(node);
      expect(await rolesUntilSent(node, last), node.log).toEqual(["standby", "leader"]);
      await node.stop();
    }
  });
});
