import type { Store } from "@beatx/core";
import { redisStore } from "@beatx/store-redis";
import { makeRedisUser, readRedisRights, startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { leadForLong, moveOf, readAll } from "./helpers.js";

const [{ rules: documented }] = (await readRedisRights(new URL("../README.md", import.meta.url))) as [
  { rules: readonly string[] },
];
/** More removals than the store keeps. */
const REMOVALS = 10_001;

let server: RedisServer;
const stores: Store[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});
afterAll(() => server?.stop());

/** A store of the documented namespace, whose user has these rights. */
async function open(rules: readonly string[]): Promise<Required<Store>> {
  const credentials = await makeRedisUser(server.port, "limited", rules);
  const store = redisStore({ uri: `redis://${credentials}@127.0.0.1:${server.port}/1`, namespace: "beatx" });
  stores.push(store);
  return store;
}

/** Everything that nodes and clients do with a store; the errors, and the warnings of the health report. */
async function exercise(store: Required<Store>): Promise<string[]> {
  const said: string[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> =>
    work().catch((error: unknown) => void said.push((error as Error).message));
  let hints = 0;
  const watched = await attempt(() => store.watch(() => (hints += 1)));
  const lease = await attempt(() => leadForLong(store));
  await attempt(() => store.readLock());
  await attempt(() => store.getTime());
  await attempt(() => store.setSchedule([{ name: "one", definition: "text", expectedRevision: null }]));
  const revision = await attempt(() => store.getRevision());
  await attempt(() => readAll(store));
  await attempt(() => readAll(store, revision));
  const [entry] = (await attempt(() => readAll(store))) ?? [];
  await attempt(() => store.getEntries(["one"]));
  await attempt(() => store.listEntries({ limit: 10 }));
  await attempt(() => store.getHistory("one"));
  if (lease)
    await attempt(() =>
      store.advance(lease, [moveOf("one", entry?.revision ?? "0", { record: { slot: 0, text: null } })]),
    );
  await attempt(() =>
    store.setSchedule([{ name: "one", definition: null, expectedRevision: entry?.revision ?? null }]),
  );
  if (lease) await attempt(() => store.releaseLock(lease));
  said.push(...((await attempt(() => store.checkHealth())) ?? []));
  const wasHinted = lease && watched && said.every((line) => !/\bNOPERM|can't run/.test(line));
  if (wasHinted) await waitFor("a hint", () => hints > 0);
  return said;
}

async function emptyDatabase(): Promise<void> {
  await server.cli("FLUSHALL");
  await server.cli("SCRIPT", "FLUSH");
  const fill = `for i = 1, ${REMOVALS} do redis.call('ZADD', KEYS[1], i, 'name' .. i) end`;
  await server.cli("-n", "1", "EVAL", fill, "1", "{beatx}:removed");
}

/** What is said of a right that is missing: its command, key or channel. */
function nameOf(rule: string): string {
  if (rule.startsWith("+")) return `may not run ${rule.slice(1).toUpperCase()}`;
  return rule.startsWith("~") ? 'may not use the keys? "{beatx}:' : 'may not use the channel "{beatx}:wake"';
}

describe("a user with exactly the rights that the README lists", () => {
  it("can do everything", async () => {
    await emptyDatabase();
    await server.cli("ACL", "LOG", "RESET");
    const said = await exercise(await open(documented));
    expect(said.filter((line) => !/appendonly/.test(line))).toEqual([]);
    // The only command that is tried without a right, once: whether the server takes snapshots.
    expect((await server.cli("ACL", "LOG")).match(/^object\n.*$/gm) ?? []).toEqual(["object\nconfig|get"]);
  });

  it.each(documented.filter((rule) => rule !== "+client|setname"))(
    "needs %s, and learns so without it",
    async (rule) => {
      await emptyDatabase();
      const said = await exercise(await open(documented.filter((other) => other !== rule)));
      expect(said.join("\n")).toMatch(new RegExp(nameOf(rule)));
      expect(said.join("\n")).toContain(`127.0.0.1:${server.port}`);
      expect(said.join("\n")).toContain('the Redis user "limited"');
      expect(said.join("\n")).not.toContain("secret-of-the-test");
    },
  );

  it("does not need the right that only names its connections", async () => {
    await emptyDatabase();
    const said = await exercise(await open(documented.filter((other) => other !== "+client|setname")));
    expect(said.filter((line) => !/appendonly/.test(line))).toEqual([]);
  });
});
