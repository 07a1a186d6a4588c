import { describe, expect, it } from "vitest";

import type { EntryInput } from "../../src/entry/entry.js";
import { createClient } from "../../src/client/store-client.js";
import type { BeatOptions } from "../../src/node/options.js";
import { cutOff, everySecond, notingLogger, range, rolesOf, secondsOf, storedEntry, world } from "../world.js";

type Options = Partial<BeatOptions>;

const task = (name: string): EntryInput => ({ ...everySecond, task: name });
const billing = (schedule: NonNullable<Options["schedule"]>, more: Options = {}): Options => ({
  app: "billing",
  schedule,
  ...more,
});

/** Several applications in one namespace. Each node has a connection and a log of its own. */
function shared() {
  const parts = world();
  const { clock, client, connect, create } = parts;
  async function start(options: Options) {
    const lines: string[] = [];
    const store = connect();
    const beat = create({ ...options, store, logger: notingLogger(lines) });
    const roles = rolesOf(beat);
    await beat.start();
    await clock.advance(10);
    return { beat, lines, store, roles };
  }
  const names = async (): Promise<string[]> => (await client.list()).map(({ name }) => name);
  const taskOf = async (name: string): Promise<unknown> => (await client.get(name))?.entry["task"];
  const settle = (): Promise<void> => clock.advance(10_000);
  return { ...parts, start, names, taskOf, settle };
}

describe("applications on one beat", () => {
  it("write their own entries, whichever node leads, and the leader sends all", async () => {
    const { clock, outbox, start, names, client } = shared();
    await start(billing({ report: everySecond }));
    const other = await start({ app: "mail", schedule: { report: everySecond, digest: everySecond } });
    const roles = rolesOf(other.beat);
    await clock.advance(10_000);
    expect(roles).toEqual([]);
    expect(await names()).toEqual(["billing/report", "mail/digest", "mail/report"]);
    expect(secondsOf(outbox.messages(), "mail/report").at(-1)).toBe(10);
    expect(secondsOf(outbox.messages(), "billing/report")).toEqual(range(1, 10));
    expect(await client.status()).toMatchObject({
      apps: [
        { app: "billing", configVersion: null, entries: 1 },
        { app: "mail", configVersion: null, entries: 2 },
      ],
      problems: [],
    });
  });

  it("end only what their own configuration no longer has", async () => {
    const { start, names, client, settle } = shared();
    const leader = await start(billing({ kept: everySecond }));
    const old = await start({ app: "mail", schedule: { kept: everySecond, gone: everySecond } });
    await client.put("dynamic", everySecond);
    await client.put("mail/by-hand", everySecond);
    await settle();
    void old.beat.stop();
    const roles = rolesOf(leader.beat);
    const { lines } = await start({ app: "mail", schedule: { kept: everySecond, added: everySecond } });
    await settle();
    expect(roles).toEqual([]);
    expect(await names()).toEqual(["billing/kept", "dynamic", "mail/added", "mail/by-hand", "mail/kept"]);
    expect(lines.filter((line) => line.includes("removed"))).toEqual([
      "the configuration no longer has 1 entry, which was removed: mail/gone",
    ]);
  });

  it("leave an entry alone that a client edited, and know what their configuration says of it", async () => {
    const { start, client, settle } = shared();
    await start(billing({ report: everySecond }));
    const old = await start({ app: "mail", schedule: { job: task("v1") } });
    await settle();
    await client.put("mail/job", task("edited"));
    void old.beat.stop();
    await start({ app: "mail", schedule: { job: task("v2") } });
    await settle();
    expect(await client.get("mail/job")).toMatchObject({
      app: "mail",
      entry: { task: "edited" },
      configured: { task: "v2" },
    });
    await client.reset("mail/job");
    expect(await client.get("mail/job")).toMatchObject({ entry: { task: "v2" }, overridden: false });
  });

  it("get their entries back after a wipe, although the node that leads is another's", async () => {
    const { clock, store, start, names, settle, outbox } = shared();
    await start(billing({ report: everySecond }));
    await start({ app: "mail", schedule: { digest: everySecond }, configVersion: 3 });
    await settle();
    store.wipe();
    await clock.advance(60_000);
    expect(await names()).toEqual(["billing/report", "mail/digest"]);
    expect(await storedEntry(store, "@beatx/app/mail")).toMatchObject({
      definition: expect.stringContaining('"configVersion":3') as string,
    });
    expect(secondsOf(outbox.messages(), "mail/digest").at(-1)).toBe(70);
  });

  it("name a wrong entry as it was written", () => {
    const { create } = world();
    const schedule = { report: { task: "", schedule: "1s" } };
    expect(() => create(billing(schedule))).toThrow(/^schedule\.report\.task is ""/);
    const handlers = { a: () => undefined };
    expect(() => create(billing({ report: everySecond }, { handlers }))).toThrow(/^schedule\.report\.task is "t"/);
    expect(() => create(billing({ ["x".repeat(510)]: everySecond }))).toThrow(/longer than 512/);
    for (const app of ["", "a/b", "@beatx", "x".repeat(101)]) {
      expect(() => create({ app, schedule: {} })).toThrow(/^app is/);
    }
  });
});

describe("of two configurations of an application", () => {
  const v1 = { job: task("v1"), gone: everySecond };
  const v2 = { job: task("v2"), added: everySecond };

  it("the one that started later counts, and the leader of the older one undoes nothing", async () => {
    const { start, names, taskOf, settle, clock } = shared();
    const old = await start(billing(v1));
    const roles = rolesOf(old.beat);
    await clock.advance(1_000);
    await start(billing(v2));
    await settle();
    expect(roles).toEqual([]);
    expect(await names()).toEqual(["billing/added", "billing/job"]);
    expect(await taskOf("billing/job")).toBe("v2");
    await clock.advance(60_000);
    expect(await taskOf("billing/job")).toBe("v2");
  });

  it("the older one does not come back when its node takes over", async () => {
    const { start, names, settle, clock } = shared();
    const leader = await start({ app: "mail", schedule: { digest: everySecond } });
    const old = await start(billing(v1));
    await settle();
    const { beat } = await start(billing(v2));
    await settle();
    await Promise.all([beat.stop(), leader.beat.stop(), clock.advance(1_000)]);
    await settle();
    expect(old.roles.at(-1)).toBe("leader");
    expect(await names()).toEqual(["billing/added", "billing/job", "mail/digest"]);
    expect(old.lines.filter((line) => line.includes('of the application "billing" is older'))).toHaveLength(1);
  });

  it("the higher version counts, even if the lower one starts later", async () => {
    const { start, names, settle, client } = shared();
    await start(billing(v2, { configVersion: 2 }));
    const late = await start(billing(v1, { configVersion: 1 }));
    const none = await start(billing(v1));
    await settle();
    expect(await names()).toEqual(["billing/added", "billing/job"]);
    expect((await client.status()).apps).toEqual([{ app: "billing", configVersion: 2, entries: 2 }]);
    for (const { lines } of [late, none]) {
      expect(lines.filter((line) => line.includes("older than the stored one: not merged"))).toHaveLength(1);
    }
  });

  it("the newest counts in the end, however the nodes race", async () => {
    for (const seed of range(1, 12)) {
      const { clock, start, names, taskOf, connect, client } = shared();
      const nodes = [];
      for (const version of [1, 2, 3, 4]) {
        nodes.push(await start(billing({ job: task(`v${version}`), [`own-${version}`]: everySecond })));
        await clock.advance((seed * 37 * version) % 700);
        // Another program undoes what was written, as a node would that has read an older state.
        const live = await client.get("billing/job");
        const stored = await storedEntry(connect(), "billing/job").catch(() => null);
        if (live && stored?.definition && seed % 2 === 0) {
          const definition = stored.definition.replace(/"task":"v\d"/, '"task":"v1"');
          await connect().setSchedule([{ name: "billing/job", definition, expectedRevision: stored.revision }]);
        }
      }
      await clock.advance(20_000);
      expect([await names(), await taskOf("billing/job")]).toEqual([["billing/job", "billing/own-4"], "v4"]);
      await Promise.all([...nodes.map(({ beat }) => beat.stop()), clock.advance(1_000)]);
    }
  });

  it("the last one deployed counts, also an earlier one that is rolled back to", async () => {
    const { start, names, settle } = shared();
    await start(billing(v1));
    await settle();
    await start(billing(v2));
    await settle();
    await start(billing(v1));
    await settle();
    expect(await names()).toEqual(["billing/gone", "billing/job"]);
  });

  it("neither is written by a node that is cut off, and the record is written once for each start", async () => {
    const { clock, start, store, settle } = shared();
    await start(billing(v2));
    await settle();
    const text = async (): Promise<string> => (await storedEntry(store, "@beatx/app/billing")).definition!;
    const first = await text();
    await start(billing(v2));
    await settle();
    const second = await text();
    expect(JSON.parse(second)).toEqual({ ...JSON.parse(first), startedAt: JSON.parse(first).startedAt + 10_010 });
    await clock.advance(30_000);
    expect(await text()).toBe(second);
  });

  it("a broken record is written anew with what was known of it", async () => {
    const { start, store, settle } = shared();
    await start(billing(v2, { configVersion: 7 }));
    await start(billing(v1, { configVersion: 1 }));
    await settle();
    const { revision } = await storedEntry(store, "@beatx/app/billing");
    await store.setSchedule([{ name: "@beatx/app/billing", definition: "{", expectedRevision: revision }]);
    await settle();
    expect(JSON.parse((await storedEntry(store, "@beatx/app/billing")).definition!)).toMatchObject({
      configVersion: 7,
    });
  });
});

describe("an application that gets its name", () => {
  it("goes on where its entries were: nothing is lost or repeated, and the runs count on", async () => {
    const { clock, outbox, start, names, client } = shared();
    const old = await start({
      schedule: { job: everySecond, twice: { ...everySecond, maxRuns: 2 }, gone: everySecond },
    });
    await clock.advance(5_500);
    await client.pause("gone");
    await old.beat.stop();
    await clock.advance(2_000);
    await start(billing({ job: everySecond, twice: { ...everySecond, maxRuns: 2 } }, { replaceSchedule: true }));
    await clock.advance(3_000);
    const seconds = [...secondsOf(outbox.messages(), "job"), ...secondsOf(outbox.messages(), "billing/job")];
    expect(seconds).toEqual(range(1, 10));
    expect(secondsOf(outbox.messages(), "billing/twice")).toEqual([]);
    expect(await names()).toEqual(["billing/job", "billing/twice"]);
    expect(await client.get("billing/job")).toMatchObject({ app: "billing", runs: 10 });
  });

  it("waits until no node without a name leads, so that nothing runs under both names", async () => {
    const { clock, start, names, outbox } = shared();
    const old = await start({ schedule: { job: everySecond } });
    const { beat } = await start(billing({ job: everySecond }, { replaceSchedule: true }));
    const roles = rolesOf(beat);
    await clock.advance(20_500);
    expect([roles, await names()]).toEqual([[], ["job"]]);
    await old.beat.stop();
    await clock.advance(3_000);
    expect(await names()).toEqual(["billing/job"]);
    expect([...secondsOf(outbox.messages())]).toEqual(range(1, 23));
  });
});

describe("the publisher of a beat", () => {
  const handlers = (...tasks: string[]): NonNullable<Options["handlers"]> =>
    Object.fromEntries(tasks.map((name) => [name, () => undefined]));
  const OTHER = "standby: another application needs another publisher";

  it("has to take the tasks of all applications: a node without their handlers writes nothing and does not lead", async () => {
    const { clock, start, names } = shared();
    const first = await start(billing({ job: task("a") }, { handlers: handlers("a") }));
    const { beat, lines } = await start({ app: "mail", schedule: { job: task("b") }, handlers: handlers("b") });
    const roles = rolesOf(beat);
    await clock.advance(5_000);
    expect(await names()).toEqual(["billing/job"]);
    expect(lines.filter((line) => line.includes("no handler for its task a"))).toEqual([
      expect.stringMatching(/"billing".*namespace.*beatx apply --prune --app billing/) as string,
    ]);
    await first.beat.stop();
    await clock.advance(30_000);
    expect(roles.filter((role) => role === "leader")).toEqual([]);
  });

  it("that takes all of them leads in the place of one that does not", async () => {
    const { clock, start, names } = shared();
    const first = await start(billing({ job: task("a") }, { handlers: handlers("a") }));
    const second = await start({ app: "mail", schedule: { job: task("b") }, handlers: handlers("a", "b") });
    await clock.advance(20_000);
    expect([first.roles.at(-1), second.roles.at(-1)]).toEqual([OTHER, "leader"]);
    expect(await names()).toEqual(["billing/job", "mail/job"]);
  });

  it("of another kind than another application's is refused by its name, unless all change it", async () => {
    const { clock, start, names } = shared();
    const first = await start(billing({ job: everySecond }));
    const mail: Options = { app: "mail", schedule: { job: everySecond }, publisher: () => Promise.resolve() };
    const { beat, lines } = await start(mail);
    await clock.advance(5_000);
    expect(await names()).toEqual(["billing/job"]);
    expect(lines.filter((line) => line.includes("sends through dummy, and this node through function"))).toHaveLength(
      1,
    );
    await Promise.all([first.beat.stop(), beat.stop()]);
    await start({ ...mail, replaceSchedule: true });
    await clock.advance(5_000);
    expect(await names()).toEqual(["billing/job", "mail/job"]);
  });

  it("does not matter for entries of clients: one without a handler fails alone", async () => {
    const { clock, start, client } = shared();
    const { beat } = await start(billing({ job: task("a") }, { handlers: handlers("a") }));
    await client.put("dynamic", task("unknown"));
    const roles = rolesOf(beat);
    await clock.advance(10_000);
    expect(roles).toEqual([]);
    expect((await client.status()).problems.map(({ kind }) => kind)).toEqual(["entry-failing"]);
  });
});

describe("a client of an application", () => {
  it("is told by status if its configuration is foreign", async () => {
    const { clock, connect, start } = shared();
    await start(billing({ job: everySecond }));
    const problemsOf = async (configuration: object): Promise<string[]> => {
      const client = createClient({ store: connect(), clock, configuration });
      return (await client.status()).problems.map(({ kind }) => kind);
    };
    const schedule = { job: everySecond };
    expect(await problemsOf({ schedule, app: "mail" })).toEqual([]);
    expect(await problemsOf({ schedule: { "billing/job": everySecond } })).toEqual(["foreign-configuration"]);
  });

  it("finds the leader of another application gone, and its entries go on", async () => {
    const { clock, start, outbox, names } = shared();
    const first = await start(billing({ job: everySecond }));
    await start({ app: "mail", schedule: { job: everySecond } });
    await clock.advance(5_000);
    cutOff(first.store);
    await clock.advance(60_000);
    expect(secondsOf(outbox.messages(), "billing/job")).toEqual(range(1, 65));
    expect(await names()).toEqual(["billing/job", "mail/job"]);
  });
});
