import { createClient, StoreError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { create, rejectionOf, setUpStore } from "./helpers.js";

const NAMES = "{beatx}:names";
/** More than one step of the repair. */
const MANY = Array.from({ length: 1200 }, (_, index) => `entry-${String(index).padStart(5, "0")}`);

const fixture = setUpStore();

/** All names in pages of `limit`, and the number of pages. */
async function list(limit = 500): Promise<{ names: string[]; pages: number }> {
  const names: string[] = [];
  let pages = 0;
  for (let after: string | null | undefined; after !== null; pages += 1) {
    const page = await fixture.store.listEntries(after === undefined ? { limit } : { limit, after });
    names.push(...page.entries.map(({ name }) => name));
    after = page.next;
  }
  return { names, pages };
}

/** Commands that clients sent, scripts each as one, and bytes that the server answered, during `work`. */
async function costOf(work: () => Promise<unknown>): Promise<{ commands: number; scans: number; bytes: number }> {
  await fixture.server.cli("CONFIG", "RESETSTAT");
  await work();
  const [stats, commands] = [
    await fixture.server.cli("INFO", "stats"),
    await fixture.server.cli("INFO", "commandstats"),
  ];
  const calls = (name: string): number =>
    Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, "m").exec(commands)?.[1] ?? 0);
  const bytes = Number(/^total_net_output_bytes:(\d+)/m.exec(stats)![1]);
  return { commands: calls("evalsha") + calls("eval"), scans: calls("hscan"), bytes };
}

describe("with 10 000 entries", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `entry-${String(index).padStart(5, "0")}`);
  const hourly = { task: "t", schedule: "1h" };

  it("putMany and removeMany of all of them take fewer than 50 commands each", async () => {
    const client = createClient({ store: fixture.store });
    await client.putMany({ first: hourly });
    await client.removeMany(["first"]); // The scripts are known to the server from now on.
    const put = await costOf(() => client.putMany(names.map((name) => [name, hourly])));
    expect(await client.list()).toHaveLength(10_000);
    const removed = await costOf(() => client.removeMany(names));
    expect(await client.list()).toEqual([]);
    for (const { commands } of [put, removed]) {
      expect(commands).toBeGreaterThan(0);
      expect(commands).toBeLessThan(50);
    }
  });

  it("the first get, next and edit of a client take a few commands and bytes, and scan nothing", async () => {
    await createClient({ store: fixture.store }).putMany(names.map((name) => [name, hourly]));
    const calls = [
      () => createClient({ store: fixture.store }).get("entry-05000"),
      () => createClient({ store: fixture.store }).next("entry-05000"),
      () => createClient({ store: fixture.store }).put("entry-05000", { ...hourly, args: [1] }),
      () => createClient({ store: fixture.store }).remove("entry-05000"),
      () => createClient({ store: fixture.store }).list({ prefix: "entry-0600", limit: 10 }),
    ];
    for (const call of calls) await call(); // The scripts are known to the server from now on.
    await createClient({ store: fixture.store }).put("entry-05000", hourly);
    for (const call of calls) {
      const cost = await costOf(call);
      expect(cost.commands).toBeLessThanOrEqual(6);
      expect(cost.scans).toBe(0);
      // Some of them are the answer to the question for the statistics.
      expect(cost.bytes).toBeLessThan(12_000);
    }
  });

  it("putMany and removeMany take one script per 200 changes and 500 names", async () => {
    const client = createClient({ store: fixture.store });
    const put = await costOf(() => client.putMany(names.map((name) => [name, hourly])));
    expect(put.commands).toBeLessThanOrEqual(50 + 20 + 15);
    const removed = await costOf(() => client.removeMany(names));
    expect(removed.commands).toBeLessThanOrEqual(50 + 20 + 15);
    expect(put.scans + removed.scans).toBe(0);
  });
});

describe("an index of names that does not fit the definitions", () => {
  const expectWhole = async (): Promise<void> => {
    expect((await list()).names).toEqual(MANY);
    expect(await fixture.server.cli("ZCARD", NAMES)).toBe(String(MANY.length));
    const { scans } = await costOf(() => list());
    expect(scans).toBe(0);
  };

  it.each<[string, () => Promise<unknown>]>([
    ["is gone", () => fixture.server.cli("DEL", NAMES)],
    ["lacks a name", () => fixture.server.cli("ZREM", NAMES, "entry-00700")],
    ["has a name without a definition", () => fixture.server.cli("ZADD", NAMES, "0", "nobody")],
    ["has a name with another score", () => fixture.server.cli("ZADD", NAMES, "5", "entry-00700")],
    ["has a foreign name with another score", () => fixture.server.cli("ZADD", NAMES, "-inf", "nobody")],
    ["has another name in the place of one", () => replaceName("entry-00700", "entry-00700x")],
  ])("%s: a listing mends it", async (_, damage) => {
    await create(fixture.store, MANY);
    await damage();
    await expectWhole();
  });

  it("is of another type: listings fail with the way out, and edits and readings go on", async () => {
    const [revision] = await create(fixture.store, ["one", "two"]);
    await fixture.server.cli("DEL", NAMES);
    await fixture.server.cli("RPUSH", NAMES, "foreign");
    const error = await rejectionOf(fixture.store.listEntries({ limit: 10 }));
    expect(StoreError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/could not list entries: \{beatx\}:names is a list, not a zset.*redis-cli DEL/);
    const change = { name: "one", definition: "new", expectedRevision: revision! };
    expect(await fixture.store.setSchedule([change])).toMatchObject([{ status: "done" }]);
    expect(await fixture.store.getEntries(["one"])).toMatchObject([{ definition: "new" }]);
    await fixture.server.cli("DEL", NAMES);
    expect((await list()).names).toEqual(["one", "two"]);
  });

  async function replaceName(name: string, other: string): Promise<void> {
    await fixture.server.cli("ZREM", NAMES, name);
    await fixture.server.cli("ZADD", NAMES, "0", other);
  }
});

describe("names that beatx did not write", () => {
  it.each([1, 2, 3, 500])(
    "are listed as far as they can be shown, in pages of %i, and the listing ends",
    async (limit) => {
      await create(fixture.store, ["a", "b", "z"]);
      const foreign = ["'\\128\\129'", "'b\\255'", "'\\255\\255'", "string.rep('n', 50000)", "''"];
      for (const name of foreign)
        await fixture.server.cli("EVAL", `redis.call('HSET', '{beatx}:defs', ${name}, 'x')`, "0");
      const { names, pages } = await list(limit);
      for (const name of ["a", "b", "z"]) expect(names.filter((other) => other === name)).toEqual([name]);
      expect(pages).toBeLessThan(12);
    },
  );
});
