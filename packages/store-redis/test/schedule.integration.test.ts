import { describe, expect, it } from "vitest";
import { redisStore } from "../src/index.js";
import { create, leadForLong, moveOf, readAll, rejectionOf, setUpStore } from "./helpers.js";

const fixture = setUpStore();

function names(count: number, prefix = "entry"): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

async function commandCalls(): Promise<Record<string, number>> {
  const text = await fixture.server.cli("INFO", "commandstats");
  return Object.fromEntries(
    [...text.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, calls]) => [name, Number(calls)]),
  );
}

describe("reading the schedule", () => {
  it("reads 10 000 entries in pages, each once, without a command that holds the server", async () => {
    await create(fixture.store, names(10_000));
    await fixture.server.cli("CONFIG", "RESETSTAT");
    const entries = await readAll(fixture.store);
    expect(entries).toHaveLength(10_000);
    expect(new Set(entries.map(({ name }) => name)).size).toBe(10_000);
    expect(entries.every(({ name, definition }) => definition === `definition of ${name}`)).toBe(true);
    const calls = await commandCalls();
    expect(calls).not.toHaveProperty("hgetall");
    expect(calls["hscan"]).toBeLessThan(30);
  });

  it("answers only what changed since a revision, removed names included", async () => {
    const [revision] = await create(fixture.store, ["kept", "removed", "changed"]);
    const since = await fixture.store.getRevision();
    await fixture.store.setSchedule([
      { name: "removed", definition: null, expectedRevision: revision! },
      { name: "changed", definition: "new", expectedRevision: revision! },
      { name: "created", definition: "text", expectedRevision: null },
    ]);
    const reading = await fixture.store.getSchedule(since);
    expect(reading.complete).toBe(false);
    expect(reading.revision).toBe(await fixture.store.getRevision());
    const entries = await readAll(fixture.store, since);
    const found = Object.fromEntries(entries.map(({ name, definition }) => [name, definition]));
    expect(found).toEqual({ removed: null, changed: "new", created: "text" });
    expect(await readAll(fixture.store, reading.revision)).toEqual([]);
  });

  it("a name that was removed and created again since counts as changed", async () => {
    const [revision] = await create(fixture.store, ["one"]);
    const since = await fixture.store.getRevision();
    await fixture.store.setSchedule([{ name: "one", definition: null, expectedRevision: revision! }]);
    const [again] = await create(fixture.store, ["one"]);
    expect(await readAll(fixture.store, since)).toMatchObject([
      { name: "one", revision: again, definition: "definition of one" },
    ]);
  });

  it("answers everything if more has changed than a partial reading takes", async () => {
    await create(fixture.store, ["first"]);
    const since = await fixture.store.getRevision();
    await create(fixture.store, names(5001));
    expect(await fixture.store.getSchedule(since)).toMatchObject({ complete: true });
  });

  it("answers everything if removals since then are no longer stored", async () => {
    const all = names(10_001);
    const revisions = await create(fixture.store, all);
    const since = await fixture.store.getRevision();
    await fixture.store.setSchedule(
      all.slice(0, 1).map((name) => ({ name, definition: null, expectedRevision: revisions[0]! })),
    );
    expect(await fixture.store.getSchedule(since)).toMatchObject({ complete: false });
    await fixture.store.setSchedule(
      all.slice(1).map((name, index) => ({ name, definition: null, expectedRevision: revisions[index + 1]! })),
    );
    expect(await fixture.server.cli("ZCARD", "{beatx}:removed")).toBe("10000");
    expect(await fixture.store.getSchedule(since)).toMatchObject({ complete: true });
    const now = await fixture.store.getRevision();
    expect(await fixture.store.getSchedule(now)).toMatchObject({ complete: false });
  });

  it("answers everything when the server came back with an older state, even after new changes", async () => {
    const [revision] = await create(fixture.store, ["rolled-back", "other"]);
    await fixture.server.cli("SAVE");
    const changed = { name: "rolled-back", definition: "lost", expectedRevision: revision! };
    expect(await fixture.store.setSchedule([changed])).toMatchObject([{ status: "done" }]);
    const since = await fixture.store.getRevision();
    await fixture.server.restart();
    expect(await fixture.store.getSchedule(since)).toMatchObject({ complete: true });
    await create(fixture.store, ["new"]);
    expect(await fixture.store.getSchedule(since)).toMatchObject({ complete: true });
    expect(await readAll(fixture.store, since)).toHaveLength(3);
  });

  it("the revision of an empty schedule stays the same while nothing changes", async () => {
    expect(await fixture.store.getRevision()).toBe(await fixture.store.getRevision());
  });
});

describe("moving cursors", () => {
  it("takes one script per 500 moves, and their messages stay in order", async () => {
    const all = names(1200);
    const revisions = await create(fixture.store, all);
    const lease = await leadForLong(fixture.store);
    await fixture.store.advance(lease, []);
    await fixture.server.cli("CONFIG", "RESETSTAT");
    const write = { kind: "list-push" as const, database: 0, key: "celery" };
    const moves = all.map((name, index) => moveOf(name, revisions[index]!, { outbox: [{ ...write, value: name }] }));
    const results = await fixture.store.advance(lease, moves);
    expect(results).toHaveLength(1200);
    expect(results.every(({ status }) => status === "done")).toBe(true);
    const calls = await commandCalls();
    expect((calls["evalsha"] ?? 0) + (calls["eval"] ?? 0)).toBeLessThanOrEqual(4);
    expect(calls["lpush"]).toBe(3);
    const queue = (await fixture.server.cli("LRANGE", "celery", "0", "-1")).split("\n").reverse();
    expect(queue).toEqual(all);
  });

  it("moves one entry several times in one batch, each time from the last cursor", async () => {
    const [revision] = await create(fixture.store, ["one"]);
    const lease = await leadForLong(fixture.store);
    const results = await fixture.store.advance(lease, [
      moveOf("one", revision!, { from: null, to: "1" }),
      moveOf("one", revision!, { from: "1", to: "2" }),
      moveOf("one", revision!, { from: "1", to: "3" }),
    ]);
    expect(results).toEqual([{ status: "done" }, { status: "done" }, { status: "moved", cursor: "2" }]);
    expect(await readAll(fixture.store)).toMatchObject([{ cursor: "2" }]);
  });

  it("takes messages of more values than one command of a script can carry", async () => {
    const [revision] = await create(fixture.store, ["one"]);
    const lease = await leadForLong(fixture.store);
    const values = names(12_000, "message");
    const outbox = values.map((value) => ({ kind: "list-push" as const, database: 0, key: "celery", value }));
    expect(await fixture.store.advance(lease, [moveOf("one", revision!, { outbox })])).toEqual([{ status: "done" }]);
    expect((await fixture.server.cli("LRANGE", "celery", "0", "-1")).split("\n").reverse()).toEqual(values);
  });

  it("refuses an occurrence more than 50 ms ahead of the server's clock", async () => {
    const [revision] = await create(fixture.store, ["one"]);
    const lease = await leadForLong(fixture.store);
    const now = await fixture.store.getTime();
    expect(await fixture.store.advance(lease, [moveOf("one", revision!, { dueAt: now + 60_000 })])).toEqual([
      { status: "early" },
    ]);
    expect(await fixture.store.advance(lease, [moveOf("one", revision!, { dueAt: now + 50 })])).toEqual([
      { status: "done" },
    ]);
  });

  it("still distinguishes definitions when the index of changes was lost", async () => {
    const [revision] = await create(fixture.store, ["one", "two"]);
    const lease = await leadForLong(fixture.store);
    const since = await fixture.store.getRevision();
    await fixture.server.cli("DEL", "{beatx}:changes");
    const results = await fixture.store.advance(lease, [
      moveOf("one", revision!),
      moveOf("two", "1"),
      moveOf("two", null),
    ]);
    expect(results).toEqual([{ status: "done" }, { status: "changed" }, { status: "done" }]);
    expect(await fixture.store.getSchedule(since)).toMatchObject({ complete: true });
  });
});

describe("the way to the queues", () => {
  const mark = { key: "mark", value: "here" };

  it("is open to any database that holds the publisher's mark", async () => {
    await fixture.server.cli("-n", "5", "SET", mark.key, mark.value);
    expect(await fixture.store.reachesOutbox({ ...mark, database: 5 })).toBe(true);
    expect(await fixture.store.reachesOutbox({ ...mark, database: 4 })).toBe(false);
  });

  it("is closed for a database that the server does not have", async () => {
    expect(await fixture.store.reachesOutbox({ ...mark, database: 99 })).toBe(false);
  });

  it("is closed for a user who may not change the database, or not read the mark", async () => {
    await fixture.server.cli("SET", mark.key, mark.value);
    await fixture.server.cli("-n", "5", "SET", mark.key, mark.value);
    await fixture.server.cli(
      "ACL",
      "SETUSER",
      "limited",
      "reset",
      "on",
      ">secret",
      "~{beatx}:*",
      "&*",
      "+@all",
      "-select",
    );
    const limited = redisStore({ uri: fixture.server.uri.replace("//", "//limited:secret@") });
    try {
      expect(await limited.reachesOutbox({ ...mark, database: 5 })).toBe(false);
      expect(await limited.reachesOutbox({ ...mark, database: 0 })).toBe(false);
    } finally {
      await limited.close();
    }
  });
});

describe("values", () => {
  it("of more than 1 MiB are refused before anything is written", async () => {
    const text = "x".repeat(1024 * 1024 + 1);
    const changes = [
      { name: "small", definition: "text", expectedRevision: null },
      { name: "large", definition: text, expectedRevision: null },
    ];
    expect(await rejectionOf(fixture.store.setSchedule(changes))).toMatchObject({ code: "VALUE_TOO_LARGE" });
    expect(await readAll(fixture.store)).toEqual([]);
  });

  it("of 1 MiB each are written and read in numbers", async () => {
    const text = "x".repeat(1024 * 1024);
    const changes = names(30).map((name) => ({ name, definition: text, expectedRevision: null }));
    expect((await fixture.store.setSchedule(changes)).every(({ status }) => status === "done")).toBe(true);
    expect((await readAll(fixture.store)).every(({ definition }) => definition === text)).toBe(true);
  });
});
