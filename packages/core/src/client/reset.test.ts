import { describe, expect, it } from "vitest";

import { notingLogger, secondsOf, START, world } from "../../test/world.js";
import { StoreError } from "../base/errors.js";
import { isLease, type Store } from "../contract/store.js";
import { digestOf, encodeCursor, NEW_CURSOR } from "../entry/cursor.js";
import type { EntryInput } from "../entry/entry.js";
import { recordingPublisher } from "../testing/recording-publisher.js";
import type { Client } from "./client.js";

const TORN = '{"at":1';
const FAR = encodeCursor({ ...NEW_CURSOR, at: 9e13, runs: 5, skipped: 2, fence: 1, sentAt: 9e13 });
const everySecond: EntryInput = { task: "t", schedule: "1s" };

async function storedUnder(store: Store, name: string): Promise<{ definition: string | null; cursor: string | null }> {
  for await (const batch of (await store.getSchedule()).batches) {
    for (const stored of batch) if (stored.name === name) return stored;
  }
  throw new Error(`nothing is stored under ${name}`);
}

/** Replaces a cursor as the leader before may have left it. */
async function writeCursor(store: Store, name: string, to: string): Promise<void> {
  const lease = await store.acquireLock({ token: "before", ttlMs: 15_000, label: "before" });
  if (!isLease(lease)) throw new Error("the lock should have been free");
  const { cursor: from } = await storedUnder(store, name);
  const [result] = await store.advance(lease, [{ name, from, to, definitionRevision: null, dueAt: START }]);
  if (result?.status !== "done") throw new Error(`the cursor was not written: ${result?.status}`);
  await store.releaseLock(lease);
}

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "ok",
    (error: unknown) => (error as { code: string }).code,
  );

describe("an entry whose cursor cannot be read", () => {
  it.each<[string, (client: Client) => Promise<unknown>]>([
    ["reset", (client) => client.reset("bad")],
    ["put", (client) => client.put("bad", everySecond)],
    ["remove and put", (client) => client.remove("bad").then(() => client.put("bad", everySecond))],
  ])("runs again after %s, beside a leader that has found it broken", async (_, repair) => {
    const { client, clock, connect, lead, sent } = world();
    await client.put("bad", everySecond);
    await writeCursor(connect(), "bad", TORN);
    await lead();
    await clock.advance(5_000);
    expect(sent()).toEqual([]);
    const { broken } = await client.status();
    expect(broken).toMatchObject([{ name: "bad" }]);
    expect(broken[0]?.message).toContain('client.reset("bad")');
    await repair(client);
    await clock.advance(3_000);
    expect(sent()).toEqual(["bad@6", "bad@7", "bad@8"]);
    expect(await client.get("bad")).toMatchObject({ runs: 3, skipped: 0, paused: false });
    expect((await client.status()).broken).toEqual([]);
  });

  it("is repaired by a single atomic move, which starts from the text that no longer counts", async () => {
    const { client, clock, connect, lead } = world();
    const store = connect();
    await client.put("bad", everySecond);
    await writeCursor(store, "bad", TORN);
    expect(await client.reset("bad")).toMatchObject({ runs: 0, lastSentAt: null });
    const reset = await storedUnder(store, "bad");
    expect(reset.cursor).toBe(TORN);
    expect(JSON.parse(reset.definition!)).toMatchObject({ ignoredCursor: digestOf(TORN), effectiveFrom: START });
    await lead();
    await clock.advance(1_000);
    expect(JSON.parse((await storedUnder(store, "bad")).cursor!)).toMatchObject({ at: START + 1_000, runs: 1 });
    await client.list();
    await client.put("bad", { ...everySecond, args: [1] });
    expect((await storedUnder(store, "bad")).definition).not.toContain("ignoredCursor");
  });

  it("stays reset through a put and a pause before its next run", async () => {
    const { client, clock, connect, lead, sent } = world();
    await client.put("bad", everySecond);
    await writeCursor(connect(), "bad", FAR);
    await client.reset("bad");
    await client.put("bad", { ...everySecond, args: [1] });
    await client.pause("bad");
    await client.resume("bad");
    await lead();
    await clock.advance(2_000);
    expect(sent()).toEqual(["bad@1", "bad@2"]);
  });

  it("answers every other call with BAD_ENTRY, never with NOT_FOUND", async () => {
    const { client, connect } = world();
    await client.put("bad", everySecond);
    await writeCursor(connect(), "bad", TORN);
    await client.list();
    for (const call of ["pause", "resume", "runNow", "get", "next"] as const) {
      expect(await codeOf(client[call]("bad")), call).toBe("BAD_ENTRY");
    }
    expect(await codeOf(client.remove("bad"))).toBe("ok");
    expect(await codeOf(client.reset("bad"))).toBe("NOT_FOUND");
  });

  it("is repaired by the put of a client that had read the cursor before it broke", async () => {
    const { client, clock, connect, lead, sent } = world();
    await client.put("bad", everySecond);
    await writeCursor(connect(), "bad", TORN);
    expect(await client.put("bad", { ...everySecond, args: [1] })).toMatchObject({ runs: 0 });
    await lead();
    await clock.advance(1_000);
    expect(sent()).toEqual(["bad@1"]);
  });

  it("is left to reset by the configuration, with its pause and its source", async () => {
    const { client, clock, connect, lead, sent } = world();
    const schedule = { bad: everySecond };
    const beat = await lead({ schedule });
    await client.pause("bad");
    await beat.stop();
    await writeCursor(connect(), "bad", TORN);
    await lead({ schedule, store: connect() });
    expect((await client.status()).broken).toMatchObject([{ name: "bad" }]);
    expect(await client.reset("bad")).toMatchObject({ paused: true, source: "config", overridden: false });
    await client.resume("bad");
    await clock.advance(2_000);
    expect(sent()).toHaveLength(2);
  });

  it("is added anew by the configuration if only its tombstone is left", async () => {
    const { client, clock, connect, lead, sent } = world();
    await client.put("bad", everySecond);
    await writeCursor(connect(), "bad", TORN);
    await client.remove("bad");
    expect((await client.status()).removed).toEqual([{ name: "bad", runs: 0 }]);
    await lead({ schedule: { bad: everySecond } });
    await clock.advance(2_000);
    expect(sent()).toEqual(["bad@1", "bad@2"]);
  });
});

describe("an entry whose definition cannot be read", () => {
  it("is repaired by put and removed by remove; reset says so", async () => {
    const { client, clock, connect, lead, sent } = world();
    const store = connect();
    for (const name of ["a", "b"]) await store.setSchedule([{ name, definition: "{", expectedRevision: null }]);
    await expect(client.reset("a")).rejects.toThrow(/client\.put\("a", …\) writes it anew/);
    await client.put("a", everySecond);
    await client.remove("b");
    await lead();
    await clock.advance(1_000);
    expect(sent()).toEqual(["a@1"]);
    expect((await client.status()).broken).toEqual([]);
  });

  it("is written anew by the next leader that has it in its configuration, as the error says", async () => {
    const { client, clock, connect, lead, sent } = world();
    await connect().setSchedule([{ name: "a", definition: "{", expectedRevision: null }]);
    await expect(client.reset("a")).rejects.toThrow(/if it is in the configuration, restart the node that leads/);
    await lead({ schedule: { a: everySecond } });
    await clock.advance(1_000);
    expect(sent()).toEqual(["a@1"]);
    expect((await client.status()).broken).toEqual([]);
  });

  it("keeps its runs when it is written anew, and starts again if its cursor is broken as well", async () => {
    const { client, connect } = world();
    const store = connect();
    const good = FAR.replaceAll("90000000000000", String(START));
    for (const [name, cursor] of [
      ["kept", good],
      ["lost", TORN],
    ] as const) {
      await store.setSchedule([{ name, definition: "{", expectedRevision: null }]);
      await writeCursor(store, name, cursor);
    }
    expect(await client.put("kept", everySecond)).toMatchObject({ runs: 5, skipped: 2 });
    expect(await client.put("lost", everySecond)).toMatchObject({ runs: 0, skipped: 0 });
  });

  it("is put only at the revision that was expected", async () => {
    const { client, connect } = world();
    await connect().setSchedule([{ name: "a", definition: "{", expectedRevision: null }]);
    expect(await codeOf(client.put("a", everySecond, { ifRevision: null }))).toBe("CONFLICT");
  });

  it("is removed without a tombstone if it is a requested run", async () => {
    const { client, connect } = world();
    const name = "@beatx/run/1";
    await connect().setSchedule([{ name, definition: "{", expectedRevision: null }]);
    await client.remove(name);
    expect(await client.status()).toMatchObject({ broken: [], removed: [] });
  });
});

describe("a healthy entry", () => {
  it("starts again now after reset, also under a leader that runs it each second", async () => {
    const { client, clock, lead, sent } = world();
    await client.put("job", everySecond);
    await lead();
    await clock.advance(3_500);
    expect(await client.reset("job")).toMatchObject({ runs: 0, skipped: 0, lastSentAt: null });
    await clock.advance(2_000);
    expect(sent()).toEqual(["job@1", "job@2", "job@3", "job@4", "job@5"]);
    expect(await client.get("job")).toMatchObject({ runs: 2 });
  });

  it("no longer waits for a cursor in the far future", async () => {
    const { client, clock, connect, lead, sent } = world();
    await client.put("job", everySecond);
    await writeCursor(connect(), "job", FAR);
    await lead();
    await clock.advance(2_000);
    expect(sent()).toEqual([]);
    await client.reset("job");
    await clock.advance(1_500);
    expect(sent()).toEqual(["job@3"]);
  });

  it("that has never run, and one that does not exist, can be reset or not", async () => {
    const { client } = world();
    await client.put("job", everySecond);
    expect(await client.reset("job")).toMatchObject({ runs: 0 });
    expect(await codeOf(client.reset("none"))).toBe("NOT_FOUND");
  });

  it.each([false, true])(
    "stays reset if an occurrence was published and its move was not answered (carried out: %s)",
    async (isCarriedOut) => {
      const { client, clock, lead, store } = world();
      let isOut = false;
      const advance: typeof store.advance = async (lease, moves) => {
        if (!isOut) return store.advance(lease, moves);
        if (isCarriedOut) await store.advance(lease, moves);
        throw new StoreError("away");
      };
      const lines: string[] = [];
      const job: EntryInput = { task: "t", schedule: "10s" };
      const publisher = recordingPublisher();
      await lead({ store: { ...store, advance }, publisher, schedule: { job }, logger: notingLogger(lines) });
      await clock.advance(55_000);
      isOut = true;
      await clock.advance(7_000);
      expect(await client.reset("job")).toMatchObject({ runs: 0 });
      await clock.advance(3_000);
      isOut = false;
      await clock.advance(10_000);
      expect(await client.get("job")).toMatchObject({ runs: 1 });
      expect(secondsOf(publisher.messages)).toEqual([10, 20, 30, 40, 50, 60, 70]);
      expect(lines.filter((line) => line.includes("went back"))).toEqual([]);
    },
  );
});
