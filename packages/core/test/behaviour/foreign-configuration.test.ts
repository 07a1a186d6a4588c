import { describe, expect, it } from "vitest";

import type { BeatOptions } from "../../src/node/options.js";
import { encodeDefinition } from "../../src/entry/definition.js";
import { createClient } from "../../src/client/store-client.js";
import { countRequests, everySecond, notingLogger, rolesOf, secondsOf, storedNames, world } from "../world.js";

type Options = Partial<BeatOptions>;

const shop: Options = { schedule: { bills: everySecond, stock: everySecond } };
const mail: Options = { schedule: { letters: everySecond } };
const FOREIGN = "standby: the schedule belongs to another application";

/** Two applications in one namespace. `of`: adds a connection and a log to the options of a node. */
function sharedNamespace() {
  const shared = world();
  const of = (options: Options) => {
    const lines: string[] = [];
    return { lines, options: { ...options, store: shared.connect(), logger: notingLogger(lines) } };
  };
  const foreignLines = (lines: readonly string[]): string[] =>
    lines.filter((line) => line.includes("belongs to another configuration"));
  return { ...shared, of, foreignLines };
}

describe("two applications in one namespace", () => {
  it("do not remove each other's entries: the second one stands by, and says how to go on", async () => {
    const { clock, client, outbox, lead, run, of, foreignLines } = sharedNamespace();
    const first = of(shop);
    const second = of(mail);
    const leader = await lead(first.options);
    const asked = countRequests(second.options.store);
    const roles = rolesOf(await run(second.options));
    await clock.advance(10_000);
    const { count } = asked;
    await clock.advance(120_000);
    expect(roles).toEqual([]);
    expect(asked.count).toBe(count);
    expect((await client.list()).map(({ name }) => name)).toEqual(["bills", "stock"]);
    expect(secondsOf(outbox.messages(), "bills")).toHaveLength(130);
    expect(foreignLines(second.lines)).toEqual([expect.stringContaining("bills, stock")]);
    expect(foreignLines(second.lines)[0]).toMatch(/namespace.*replaceSchedule: true.*--replace.*"app"/);
    expect(foreignLines(first.lines)).toEqual([]);
    await leader.stop();
  });

  it("keep to that while the first one restarts", async () => {
    const { clock, client, outbox, lead, run, of, foreignLines } = sharedNamespace();
    const leader = await lead(of(shop).options);
    const second = of(mail);
    await run(second.options);
    await clock.advance(5_500);
    await leader.stop();
    await clock.advance(30_000);
    expect((await client.status()).leader).toBeNull();
    await lead(of(shop).options);
    await clock.advance(3_000);
    expect(secondsOf(outbox.messages(), "bills").slice(-3)).toEqual([36, 37, 38]);
    expect(await client.get("letters")).toBeNull();
    expect(foreignLines(second.lines)).toHaveLength(1);
  });

  it("keep to that if the second one gets the lease before it has read anything", async () => {
    const { clock, connect, create, lead, of } = sharedNamespace();
    const leader = await lead(of(shop).options);
    await leader.stop();
    const before = await connect().getRevision();
    const second = create(of(mail).options);
    const roles = rolesOf(second);
    await second.start();
    await clock.advance(60_000);
    expect(roles).toEqual(["standby: joined", "leader", FOREIGN]);
    expect(await connect().getRevision()).toBe(before);
    await lead(of(shop).options);
    await clock.advance(1_000);
    const entries = (await storedNames(connect())).filter((name) => !name.startsWith("@beatx/"));
    expect(entries.sort()).toEqual(["bills", "stock"]);
  });

  it("are still two after a wipe: only the first writes its schedule back", async () => {
    const { clock, client, store, lead, run, of } = sharedNamespace();
    await lead({ ...shop, store });
    const roles = rolesOf(await run(of(mail).options));
    await clock.advance(5_500);
    store.wipe();
    await clock.advance(60_000);
    expect(roles).toEqual([]);
    expect((await client.list()).map(({ name }) => name)).toEqual(["bills", "stock"]);
  });

  it("are told by status, for a client that knows its configuration", async () => {
    const { connect, clock, lead, of } = sharedNamespace();
    await lead(of(shop).options);
    const problemsOf = async (configuration?: object): Promise<string[]> => {
      const client = createClient({ store: connect(), clock, ...(configuration ? { configuration } : {}) });
      return (await client.status()).problems.map(({ kind }) => kind);
    };
    expect(await problemsOf({ schedule: mail.schedule })).toEqual(["foreign-configuration"]);
    for (const configuration of [undefined, {}, { schedule: { stock: everySecond } }]) {
      expect(await problemsOf(configuration)).toEqual([]);
    }
  });
});

describe("a configuration", () => {
  async function takeOver(before: Options, after: Options) {
    const shared = sharedNamespace();
    const leader = await shared.lead(shared.of(before).options);
    await shared.clock.advance(100);
    await leader.stop();
    const { lines, options } = shared.of(after);
    const roles = rolesOf(await shared.lead(options));
    await shared.clock.advance(100);
    const stored = (await shared.client.list()).map(({ name }) => name);
    return { ...shared, lines, roles, stored, isForeign: shared.foreignLines(lines).length > 0 };
  }

  it.each<[string, Options, Options, boolean]>([
    [
      "with some entries renamed is the same application",
      shop,
      { schedule: { bills: everySecond, store: everySecond } },
      false,
    ],
    ["with none of the stored entries is foreign", shop, mail, true],
    ["without entries is foreign", shop, { schedule: {} }, true],
    ["is never foreign if there is none", shop, {}, false],
    ["is never foreign to an empty one", { schedule: {} }, mail, false],
    ["is never foreign to none", {}, mail, false],
    ["of the same name may rename all entries", { ...shop, app: "a" }, { ...mail, app: "a" }, false],
    ["of the same name may remove all entries", { ...shop, app: "a" }, { schedule: {}, app: "a" }, false],
    ["with a name is foreign to one without, even with the same entries", shop, { ...shop, app: "a" }, true],
    ["without a name is foreign to one with, even with the same entries", { ...shop, app: "a" }, shop, true],
    ["that has got a name may replace the one without", shop, { ...shop, app: "a", replaceSchedule: true }, false],
    ["that has lost its name may replace", { ...shop, app: "a" }, { ...shop, replaceSchedule: true }, false],
    ["of a higher version is foreign all the same", { ...shop, configVersion: 1 }, { ...mail, configVersion: 2 }, true],
    ["that replaces the stored one is not foreign", shop, { ...mail, replaceSchedule: true }, false],
  ])("%s", async (_, before, after, isForeign) => {
    const result = await takeOver(before, after);
    expect(result.isForeign).toBe(isForeign);
    const names = ({ app, schedule = {} }: Options): string[] =>
      Object.keys(schedule).map((name) => (app === undefined ? name : `${app}/${name}`));
    expect(result.stored).toEqual(isForeign || after.schedule === undefined ? names(before) : names(after));
  });

  it("that replaces another one needs no higher version, and names what it removes", async () => {
    const { client, lines, stored } = await takeOver(
      { ...shop, app: "shop", configVersion: 7 },
      { ...mail, configVersion: 1, replaceSchedule: true },
    );
    expect(stored).toEqual(["letters"]);
    expect(lines.filter((line) => line.includes("removed"))).toEqual([
      "the configuration no longer has 2 entries, which were removed: shop/bills, shop/stock",
    ]);
    expect(await client.status()).toMatchObject({ apps: [], configVersion: 1 });
  });

  it("that no longer has an entry says so in one line", async () => {
    const { lines } = await takeOver(shop, { schedule: { bills: everySecond } });
    expect(lines.filter((line) => line.includes("removed"))).toEqual([
      "the configuration no longer has 1 entry, which was removed: stock",
    ]);
  });

  it("leads once the other application has left the namespace", async () => {
    const { clock, client, connect, lead, run, of } = sharedNamespace();
    const first = await lead(of(shop).options);
    const roles = rolesOf(await run(of(mail).options));
    await clock.advance(1_000);
    await first.stop();
    const removed = encodeDefinition({ kind: "removed", removedAt: clock.now() });
    for (const { name, revision } of await client.list()) {
      await connect().setSchedule([{ name, definition: removed, expectedRevision: revision }]);
    }
    await clock.advance(10_000);
    expect(roles).toEqual(["leader"]);
    expect((await client.list()).map(({ name }) => name)).toEqual(["letters"]);
  });

  it("is refused with a name that is none", () => {
    const { create } = world();
    expect(() => create({ app: "" })).toThrow(/^app is ""/);
    expect(() => create({ replaceSchedule: "yes" as unknown as boolean })).toThrow(/^replaceSchedule is "yes"/);
  });
});
