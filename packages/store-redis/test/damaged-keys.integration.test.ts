import { StoreError } from "@beatx/core";
import { isLease, type Lease, type LockHeld } from "@beatx/core/adapter";
import { waitFor } from "@beatx/test-servers";
import { describe, expect, it } from "vitest";
import { create, everyCommand, lead, leadForLong, moveOf, readAll, rejectionOf, setUpStore } from "./helpers.js";

const TTL_MS = 200;

const fixture = setUpStore();

function ask(token = "another"): Promise<Lease | LockHeld> {
  return fixture.store.acquireLock({ token, ttlMs: TTL_MS, label: "standby" });
}

/** Asks until the lease is granted. Answers the errors on the way. */
async function askThroughErrors(token: string): Promise<{ lease: Lease; errors: string[] }> {
  const errors: string[] = [];
  const lease = await waitFor("the lease", async () => {
    const answer = await ask(token).catch((error: unknown) => {
      expect(StoreError.isInstance(error)).toBe(true);
      errors.push((error as Error).message);
    });
    return answer && isLease(answer) ? answer : undefined;
  });
  return { lease, errors };
}

/** A lease that has just run out, or been released. */
async function leadOnce(): Promise<Lease> {
  const lease = await lead(fixture.store, TTL_MS);
  await fixture.store.releaseLock(lease);
  return lease;
}

describe("a lock that would never end", () => {
  it("without a lifetime is reported once and ends one ttl later", async () => {
    const lease = await lead(fixture.store, TTL_MS);
    await fixture.server.cli("PERSIST", "{beatx}:lock");
    const seenAt = performance.now();
    expect((await rejectionOf(ask())).message).toMatch(/\{beatx\}:lock had no expiry.*expires in 200 ms/);
    expect(await ask()).toMatchObject({ leader: { fence: lease.fence, label: "node" } });
    const next = await lead(fixture.store, TTL_MS);
    expect(performance.now() - seenAt).toBeGreaterThanOrEqual(TTL_MS - 2);
    expect(next.fence).toBeGreaterThan(lease.fence);
  });

  it("without a lifetime stays its leader's as long as that one renews", async () => {
    const lease = await leadForLong(fixture.store);
    await fixture.server.cli("PERSIST", "{beatx}:lock");
    expect(await fixture.store.renewLock(lease, 60_000)).toBe(true);
    expect(await ask()).toMatchObject({ leader: { fence: lease.fence } });
  });

  it("has a lifetime of years: it ends after the leader's ttl", async () => {
    await lead(fixture.store, TTL_MS);
    await fixture.server.cli("EXPIRE", "{beatx}:lock", "100000000");
    expect(await ask()).toMatchObject({ leader: { label: "node" } });
    expect(Number(await fixture.server.cli("PTTL", "{beatx}:lock"))).toBeLessThanOrEqual(TTL_MS);
  });

  it.each(["locked", "token:", "token:99999999999999999999", ":x", "1"])(
    "holds %j, which beatx did not write: it counts as a lock, is named, and ends one ttl later",
    async (value) => {
      await leadOnce();
      await fixture.server.cli("SET", "{beatx}:lock", value);
      expect(await fixture.store.readLock()).toBeNull();
      expect((await fixture.store.checkHealth()).join("\n")).toContain(`{beatx}:lock holds ${JSON.stringify(value)}`);
      const seenAt = performance.now();
      const { errors } = await askThroughErrors("next");
      expect(performance.now() - seenAt).toBeGreaterThanOrEqual(TTL_MS - 2);
      expect(errors[0]).toContain(`{beatx}:lock holds ${JSON.stringify(value)} (${value.length} bytes)`);
      expect(errors[0]).toMatch(/again in \d+ ms.*choose another one/);
    },
  );
});

describe("a live lease whose leader record is damaged", () => {
  const damages: [what: string, command: string[]][] = [
    ["is missing", ["DEL", "{beatx}:leader"]],
    ["has a word as ttl", ["HSET", "{beatx}:leader", "ttl", "x"]],
    ["has the ttl 0", ["HSET", "{beatx}:leader", "ttl", "0"]],
    ["has no ttl", ["HDEL", "{beatx}:leader", "ttl"]],
    ["has neither ttl nor until", ["HDEL", "{beatx}:leader", "ttl", "until"]],
  ];
  it.each(damages)("%s: a node with a shorter ttl does not cut it", async (_what, command) => {
    const lease = await leadForLong(fixture.store);
    const endsAt = await fixture.server.cli("PEXPIRETIME", "{beatx}:lock");
    await fixture.server.cli(...command);
    await ask().catch((error: unknown) => expect(String(error)).toContain('"until"'));
    expect(await ask()).toMatchObject({ leader: { fence: lease.fence } });
    expect(await fixture.server.cli("PEXPIRETIME", "{beatx}:lock")).toBe(endsAt);
    expect(await fixture.store.renewLock(lease, 60_000)).toBe(true);
  });

  it("has no ttl, and the lock no lifetime: the lock ends when the record says", async () => {
    const lease = await leadForLong(fixture.store);
    const endsAt = await fixture.server.cli("PEXPIRETIME", "{beatx}:lock");
    await fixture.server.cli("HDEL", "{beatx}:leader", "ttl");
    await fixture.server.cli("PERSIST", "{beatx}:lock");
    expect((await rejectionOf(ask())).message).toMatch(/\{beatx\}:lock had no expiry/);
    expect(await fixture.server.cli("PEXPIRETIME", "{beatx}:lock")).toBe(endsAt);
    expect(await ask()).toMatchObject({ leader: { fence: lease.fence } });
  });

  it("has no ttl, and the lock was deleted: no node leads before the end that the record names", async () => {
    await leadForLong(fixture.store);
    const until = await fixture.server.cli("HGET", "{beatx}:leader", "until");
    await fixture.server.cli("HDEL", "{beatx}:leader", "ttl");
    await fixture.server.cli("DEL", "{beatx}:lock");
    expect(await ask()).toMatchObject({ leader: null, reason: expect.stringMatching(/deleted or evicted/) as string });
    expect(await fixture.server.cli("HGET", "{beatx}:leader", "until")).toBe(until);
  });
});

describe("a damaged word beside the lock", () => {
  const damages: [what: string, command: string[], reported: RegExp | null][] = [
    ["fence is a word", ["SET", "{beatx}:fence", "x"], /\{beatx\}:fence was "x", not a number/],
    ["fence is too large", ["SET", "{beatx}:fence", "1e309"], /\{beatx\}:fence was "1e309"/],
    ["fence is the last one", ["SET", "{beatx}:fence", "9".repeat(14)], null],
    ["fence is missing", ["DEL", "{beatx}:fence"], null],
    ["until is a word", ["HSET", "{beatx}:leader", "until", "x"], /"until" of \{beatx\}:leader was "x"/],
    ["until is infinite", ["HSET", "{beatx}:leader", "until", "1e309"], /"until" of \{beatx\}:leader was "1e309"/],
    ["until is missing", ["HDEL", "{beatx}:leader", "until"], /"until" of \{beatx\}:leader was ""/],
    ["until is far ahead", ["HSET", "{beatx}:leader", "until", "99999999999999"], null],
    ["ttl is a word", ["HSET", "{beatx}:leader", "ttl", "x"], null],
    ["ttl is infinite", ["HSET", "{beatx}:leader", "ttl", "inf", "until", "99999999999999"], null],
    ["ttl has 15 digits", ["HSET", "{beatx}:leader", "ttl", "9".repeat(15), "until", "9".repeat(14)], null],
    ["leader's fence is a word", ["HSET", "{beatx}:leader", "fence", "x"], null],
    ["server is a word", ["SET", "{beatx}:inc", "x"], null],
    ["server was seen in the far future", ["SET", "{beatx}:inc", `x ${"9".repeat(30)}`], null],
  ];
  it.each(damages)("%s: the next lease is granted, under a higher fence", async (_what, command, reported) => {
    const { fence } = await leadOnce();
    await fixture.server.cli(...command);
    const { lease, errors } = await askThroughErrors("next");
    expect(lease.fence).toBeGreaterThan(fence);
    expect(errors).toEqual(reported ? [expect.stringMatching(reported)] : []);
    await fixture.store.releaseLock(lease);
    expect((await ask("third")) as Lease).toMatchObject({ token: "third" });
  });

  it("since and label that are no words of beatx reach no reader", async () => {
    const { fence } = await leadForLong(fixture.store);
    await fixture.server.cli("HSET", "{beatx}:leader", "since", "x", "label", "l".repeat(5000));
    expect(await fixture.store.readLock()).toMatchObject({ fence, since: fence, label: "" });
  });
});

describe("a damaged word of the schedule", () => {
  it.each(["x", "1e400.life", `${"9".repeat(20)}.life`, ""])("revision %j: a new life begins", async (value) => {
    const [before] = await create(fixture.store, ["one"]);
    const since = await fixture.store.getRevision();
    await fixture.server.cli("SET", "{beatx}:rev", value);
    const first = await fixture.store.getRevision();
    expect(await fixture.store.getSchedule(since)).toMatchObject({ complete: true });
    const changed = [{ name: "one", definition: "new", expectedRevision: before! }];
    expect(await fixture.store.setSchedule(changed)).toMatchObject([{ status: "done" }]);
    const second = await fixture.store.getRevision();
    expect(second).not.toBe(first);
    expect(await readAll(fixture.store, first)).toMatchObject([{ name: "one", definition: "new" }]);
  });

  it("floor: one complete reading mends it", async () => {
    const [revision] = await create(fixture.store, ["one"]);
    const since = await fixture.store.getRevision();
    await fixture.server.cli("SET", "{beatx}:floor", "x");
    expect(await fixture.store.getSchedule(since)).toMatchObject({ complete: true });
    const now = await fixture.store.getRevision();
    await fixture.store.setSchedule([{ name: "one", definition: null, expectedRevision: revision! }]);
    expect(await fixture.store.getSchedule(now)).toMatchObject({ complete: false });
    expect(await readAll(fixture.store, now)).toMatchObject([{ name: "one", definition: null }]);
  });
});

describe("the notices of the store, which are logged even during an outage", () => {
  it("name each key that was mended, once each time", async () => {
    await leadForLong(fixture.store);
    for (const damaged of ["x", "y"]) {
      await fixture.server.cli("PERSIST", "{beatx}:lock");
      await fixture.server.cli("SET", "{beatx}:fence", damaged);
      await rejectionOf(ask());
      const notices = fixture.store.takeNotices();
      expect(notices).toHaveLength(2);
      expect(notices[0]).toMatch(/^\{beatx\}:lock had no expiry .* expires in 600000 ms/);
      expect(notices[1]).toMatch(new RegExp(`^\\{beatx\\}:fence was "${damaged}", not a number`));
      expect(fixture.store.takeNotices()).toEqual([]);
    }
  });

  it("name a lock of another program once, and again if it comes back", async () => {
    await leadForLong(fixture.store);
    for (const value of ["other", "other", "third"]) {
      await fixture.server.cli("SET", "{beatx}:lock", value);
      for (let call = 0; call < 3; call += 1) await rejectionOf(ask());
      expect(fixture.store.takeNotices()).toEqual([
        expect.stringContaining(`{beatx}:lock holds "${value}" (5 bytes), which beatx did not write`),
      ]);
      if (value === "third") break;
      await fixture.server.cli("DEL", "{beatx}:lock");
      await ask();
    }
  });
});

describe("a definition that beatx did not write", () => {
  const stored: [what: string, lua: string, definition: string][] = [
    ["has many letters before a line feed", "string.rep('\\195\\169', 40) .. '\\n{}'", `${"é".repeat(40)}\n{}`],
    ["has a word before it", "'word\\n{}'", "word\n{}"],
    ["begins with it", "'\\n{}'", "\n{}"],
    ["has a number of 15 digits before it", "string.rep('1', 15) .. '\\n{}'", `${"1".repeat(15)}\n{}`],
    ["is not UTF-8", "'\\255\\254\\n{}'", "\ufffd\ufffd\n{}"],
    ["is empty", "''", ""],
  ];
  it.each(stored)("%s: it is read whole, replaced and removed", async (_what, lua, definition) => {
    for (const next of ["new", null]) {
      await fixture.server.cli("EVAL", `redis.call('HSET', '{beatx}:defs', 'x', ${lua})`, "0");
      const [entry, ...others] = await readAll(fixture.store);
      expect(others).toEqual([]);
      expect(entry).toMatchObject({ name: "x", definition, revision: "" });
      const conflict = await fixture.store.setSchedule([{ name: "x", definition: "other", expectedRevision: "1" }]);
      expect(conflict).toMatchObject([{ status: "conflict", entry: { definition, revision: "" } }]);
      const change = { name: "x", definition: next, expectedRevision: entry!.revision };
      expect(await fixture.store.setSchedule([change])).toMatchObject([{ status: "done" }]);
      expect(await readAll(fixture.store)).toMatchObject(next === null ? [] : [{ name: "x", definition: next }]);
    }
  });
});

describe("a key of another type", () => {
  const names = ["lock", "leader", "fence", "inc", "defs", "state", "rev", "changes", "removed", "floor", "history"];
  it.each(names)("%s: is named with its type and the way out, and works again once it is removed", async (name) => {
    const key = `{beatx}:${name}`;
    const lease = await leadForLong(fixture.store);
    const [revision] = await create(fixture.store, ["one", "two"]);
    const since = await fixture.store.getRevision();
    await fixture.server.cli("DEL", key);
    await fixture.server.cli("RPUSH", key, "of another program");
    const calls = {
      ...everyCommand(fixture.store),
      getChanges: () => readAll(fixture.store, since),
      setSchedule: () => fixture.store.setSchedule([{ name: "one", definition: null, expectedRevision: revision! }]),
      advance: () => fixture.store.advance(lease, [moveOf("two", revision!)]),
    };
    const errors: string[] = [];
    for (const call of Object.values(calls)) await call().catch((error: unknown) => errors.push(String(error)));
    const refused = errors.filter((error) => !error.includes("LockLost"));
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) {
      expect(error).toContain(`${key} is a list`);
      expect(error).toContain(`redis-cli DEL '${key}'`);
      expect(error).not.toMatch(/user_script|WRONGTYPE/);
    }
    expect((await fixture.store.checkHealth()).join("\n")).toContain(`${key} is a list`);
    await fixture.server.cli("DEL", key);
    await create(fixture.store, ["three"]);
    await fixture.store.releaseLock(lease);
    // Without the lock, the end of its lease would be waited for.
    await fixture.server.cli("HSET", "{beatx}:leader", "until", "0");
    expect((await askThroughErrors("next")).errors).toEqual([]);
  });

  it("in the lock's place: its former leader has lost the lease, which is an answer", async () => {
    const lease = await leadForLong(fixture.store);
    await fixture.server.cli("DEL", "{beatx}:lock");
    await fixture.server.cli("RPUSH", "{beatx}:lock", "x");
    expect(await fixture.store.renewLock(lease, 1000)).toBe(false);
    expect(await fixture.store.releaseLock(lease)).toBe(false);
    expect(String(await rejectionOf(fixture.store.advance(lease, [moveOf("one", null)])))).toContain("LockLost");
  });
});

describe("a value that is far too long", () => {
  const SIZE = 20_000_000;

  async function lengthen(command: string, ...keys: string[]): Promise<void> {
    const args = keys.map((key) => `'${key}',`).join("");
    await fixture.server.cli("EVAL", `redis.call('${command}',${args}string.rep('x', ${SIZE}))`, "0");
  }

  /** Bytes that the server sends meanwhile. */
  async function sentDuring(work: () => Promise<unknown>): Promise<number> {
    const sent = async (): Promise<number> =>
      Number(/total_net_output_bytes:(\d+)/.exec(await fixture.server.cli("INFO", "stats"))?.[1]);
    const before = await sent();
    await work();
    return (await sent()) - before;
  }

  it("breaks its own entry only, with its size, and never leaves the server", async () => {
    const lease = await leadForLong(fixture.store);
    const [revision] = await create(fixture.store, ["one", "two", "cursor"]);
    await fixture.store.advance(lease, [moveOf("two", revision!)]);
    const since = await fixture.store.getRevision();
    await lengthen("HSET", "{beatx}:defs", "one");
    await lengthen("HSET", "{beatx}:state", "cursor");
    const note = new RegExp(`^\\(${SIZE} bytes, more than the 1048576 of a value\\) xxx`);
    const bytes = await sentDuring(async () => {
      const entries = Object.fromEntries((await readAll(fixture.store)).map((entry) => [entry.name, entry]));
      expect(entries["one"]!.definition).toMatch(note);
      expect(entries["cursor"]).toMatchObject({ definition: "definition of cursor" });
      expect(entries["cursor"]!.cursor).toMatch(note);
      expect(entries["two"]).toMatchObject({ definition: "definition of two", cursor: "moved" });
      const results = await fixture.store.advance(lease, [
        moveOf("cursor", revision!),
        moveOf("two", revision!, { from: "moved" }),
      ]);
      expect(results).toEqual([{ status: "moved", cursor: expect.stringMatching(note) as string }, { status: "done" }]);
      const change = { definition: "new", expectedRevision: "1" };
      const [conflict, other] = await fixture.store.setSchedule([
        { name: "one", ...change },
        { name: "cursor", ...change },
      ]);
      expect(conflict).toMatchObject({ entry: { definition: expect.stringMatching(note) as string } });
      expect(other).toMatchObject({ entry: { cursor: expect.stringMatching(note) as string } });
      // The way out: an edit replaces it.
      const stored = entries["one"]!.revision;
      await fixture.store.setSchedule([{ name: "one", definition: "new", expectedRevision: stored }]);
      expect(await readAll(fixture.store, since)).toMatchObject([{ name: "one", definition: "new" }]);
    });
    expect(bytes).toBeLessThan(100_000);
  });

  it("of a name is cut, and the others are read", async () => {
    await create(fixture.store, ["one"]);
    await fixture.server.cli("EVAL", `redis.call('HSET', '{beatx}:defs', string.rep('n', ${SIZE}), 'x')`, "0");
    const bytes = await sentDuring(async () => {
      const found = (await readAll(fixture.store)).map(({ name }) => name.slice(0, 29)).sort();
      expect(found).toEqual([`(a name of ${SIZE} bytes) nn`, "one"]);
    });
    expect(bytes).toBeLessThan(100_000);
  });

  it.each([
    [["SET", "{beatx}:lock"]],
    [["SET", "{beatx}:fence"]],
    [["SET", "{beatx}:inc"]],
    [["SET", "{beatx}:rev"]],
    [["SET", "{beatx}:floor"]],
    [["HSET", "{beatx}:leader", "label"]],
    [["HSET", "{beatx}:leader", "until"]],
  ] as const)("in the place of a word is outlived: %s", async ([command, ...keys]) => {
    await leadOnce();
    const since = await fixture.store.getRevision();
    await lengthen(command, ...keys);
    const bytes = await sentDuring(async () => {
      const { lease } = await askThroughErrors("next");
      await fixture.store.readLock();
      await readAll(fixture.store, since);
      await fixture.store.checkHealth();
      expect(await fixture.store.renewLock(lease, TTL_MS)).toBe(true);
    });
    expect(bytes).toBeLessThan(200_000);
  });
});
