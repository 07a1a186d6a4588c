import { describe, expect, it } from "vitest";

import { everySecond, range, secondsOf, world } from "../../test/world.js";
import type { EntryInput } from "../entry/entry.js";
import { createClient } from "./store-client.js";
import type { ClientOptions } from "./client-options.js";
import type { ScheduleDiff } from "./schedule-diff.js";

const task = (name: string): EntryInput => ({ ...everySecond, task: name });

/** The names of each kind. */
function namesOf({ added, changed, removed, overridden, unchanged }: ScheduleDiff) {
  const names = (entries: readonly { readonly name: string }[]): string[] => entries.map(({ name }) => name);
  return {
    added: names(added),
    changed: names(changed),
    removed: names(removed),
    overridden: names(overridden),
    unchanged,
  };
}

function applications() {
  const parts = world();
  const clientOf = (configuration: NonNullable<ClientOptions["configuration"]>) =>
    createClient({ store: parts.connect(), clock: parts.clock, configuration });
  const stored = async (): Promise<string[]> =>
    (await parts.client.list()).map(({ name, entry }) => `${name} ${entry["task"] as string}`);
  return { ...parts, clientOf, stored };
}

const OLD = { kept: everySecond, job: task("v1"), gone: everySecond, edited: task("v1") };
const NEW = { kept: everySecond, job: task("v2"), added: everySecond, edited: task("v2") };

describe("a configuration that a client compares", () => {
  it("shows what its nodes would do: one rule for both", async () => {
    const { client, clock, lead, clientOf, connect } = applications();
    await lead({ app: "billing", schedule: OLD });
    await lead({ app: "mail", schedule: { digest: everySecond }, store: connect() });
    await clock.advance(5_000);
    await client.put("billing/edited", task("by hand"));
    await client.put("dynamic", everySecond);
    const diff = await clientOf({ app: "billing" }).diff(NEW);
    expect(namesOf(diff)).toEqual({
      added: ["billing/added"],
      changed: ["billing/job"],
      removed: ["billing/gone"],
      overridden: ["billing/edited"],
      unchanged: ["billing/kept"],
    });
    expect(diff.changed).toMatchObject([{ stored: { task: "v1" }, configured: { task: "v2" } }]);
    expect(diff.overridden).toMatchObject([{ stored: { task: "by hand" }, configured: { task: "v2" } }]);
    await lead({ app: "billing", schedule: NEW, store: connect() });
    await clock.advance(5_000);
    expect(namesOf(await clientOf({ app: "billing" }).diff(NEW))).toEqual({
      added: [],
      changed: [],
      removed: [],
      overridden: ["billing/edited"],
      unchanged: ["billing/kept", "billing/job", "billing/added"],
    });
  });

  it("is that of the option unless another is given, and one has to be", async () => {
    const { clientOf, client } = applications();
    expect(namesOf(await clientOf({ schedule: NEW }).diff()).added).toEqual(Object.keys(NEW));
    await expect(client.diff()).rejects.toThrow("schedule is missing");
    await expect(client.diff({ job: { task: "", schedule: "1s" } })).rejects.toThrow(/^schedule\.job\.task is ""/);
  });

  it("is refused if it is foreign", async () => {
    const { lead, clientOf, client } = applications();
    await lead({ schedule: { job: everySecond } });
    await expect(clientOf({ app: "billing" }).diff(NEW)).rejects.toThrow("belongs to another configuration");
    await expect(client.apply({ other: everySecond })).rejects.toThrow("belongs to another configuration");
  });
});

describe("a configuration that a client writes", () => {
  it("counts from then on: no running node of the older one undoes it, and nothing runs twice or is missed", async () => {
    const { client, clock, lead, clientOf, stored, outbox, connect } = applications();
    await lead({ app: "billing", schedule: OLD });
    await lead({ app: "billing", schedule: OLD, store: connect() });
    await clock.advance(5_500);
    await client.put("billing/edited", task("by hand"));
    const found = await clientOf({ app: "billing" }).apply(NEW);
    expect(namesOf(found)).toMatchObject({ added: ["billing/added"], removed: ["billing/gone"] });
    await clock.advance(60_000);
    const after = ["billing/added t", "billing/edited by hand", "billing/gone t", "billing/job v2", "billing/kept t"];
    expect(await stored()).toEqual(after);
    await clientOf({ app: "billing" }).apply(NEW, { prune: true });
    await clock.advance(10_000);
    expect(await stored()).toEqual(after.filter((line) => line !== "billing/gone t"));
    expect(secondsOf(outbox.messages(), "billing/kept")).toEqual(range(1, 75));
    expect(secondsOf(outbox.messages(), "billing/job")).toEqual(range(1, 75));
  });

  it("is only compared in a dry run", async () => {
    const { clientOf, stored } = applications();
    const found = await clientOf({ app: "billing" }).apply(NEW, { dryRun: true });
    expect(namesOf(found).added).toHaveLength(4);
    expect(await stored()).toEqual([]);
    await expect(clientOf({}).apply(NEW, { dryrun: true } as never)).rejects.toThrow("dryrun");
  });

  it("ends an application that has no nodes any more", async () => {
    const { clock, lead, clientOf, stored, client } = applications();
    const beat = await lead({ app: "billing", schedule: OLD });
    await Promise.all([beat.stop(), clock.advance(1_000)]);
    await clientOf({ app: "billing" }).apply({}, { prune: true });
    expect(await stored()).toEqual([]);
    expect((await client.status()).apps).toEqual([{ app: "billing", configVersion: null, entries: 0 }]);
  });

  it("is refused if a higher version is stored, with and without an application", async () => {
    const { clock, lead, clientOf } = applications();
    const beat = await lead({ app: "billing", schedule: OLD, configVersion: 7 });
    for (const version of [{}, { configVersion: 6 }]) {
      const refused = clientOf({ app: "billing", ...version }).apply(NEW);
      await expect(refused).rejects.toMatchObject({
        code: "CONFLICT",
        message: expect.stringContaining("version 7") as string,
      });
    }
    await clientOf({ app: "billing", configVersion: 8 }).apply(NEW);
    await Promise.all([beat.stop(), clock.advance(1_000)]);
  });

  it("without an application needs a version to outlast the nodes of the older one", async () => {
    const { clock, lead, clientOf, stored } = applications();
    const restart = async (): Promise<void> => {
      const beat = await lead({ schedule: { kept: everySecond, job: task("v1") } });
      await clock.advance(1_000);
      await Promise.all([beat.stop(), clock.advance(1_000)]);
    };
    await restart();
    await clientOf({}).apply({ kept: everySecond, job: task("v2") });
    expect(await stored()).toEqual(["job v2", "kept t"]);
    await restart();
    expect(await stored()).toEqual(["job v1", "kept t"]);
    await clientOf({ configVersion: 1 }).apply({ kept: everySecond, job: task("v2") });
    await restart();
    expect(await stored()).toEqual(["job v2", "kept t"]);
  });

  it("meets an edit that comes in between, and leaves it alone", async () => {
    const { client, clientOf, stored, connect, clock } = applications();
    const store = connect();
    const { setSchedule } = store;
    let isFirst = true;
    store.setSchedule = async (changes, lease) => {
      if (isFirst) await client.put("billing/job", task("by hand"));
      isFirst = false;
      return setSchedule(changes, lease);
    };
    const racing = createClient({ store, clock, configuration: { app: "billing" } });
    await racing.apply({ job: task("v1"), other: everySecond });
    expect(await stored()).toEqual(["billing/job by hand", "billing/other t"]);
    expect(namesOf(await clientOf({ app: "billing" }).diff({ job: task("v1"), other: everySecond }))).toMatchObject({
      overridden: ["billing/job"],
      unchanged: ["billing/other"],
    });
  });
});
