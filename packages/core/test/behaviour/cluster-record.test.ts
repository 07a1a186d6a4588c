import type { DummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import type { StoredEntry } from "../../src/contract/store.js";
import { CLUSTER_RECORD } from "../../src/entry/definition.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { countRequests, cutOff, everySecond, notingLogger, rolesOf, secondsOf, world } from "../world.js";

const NEWER = '{"format":2,"kind":"cluster","somethingNew":true}';

async function stored(store: DummyStore, name: string): Promise<StoredEntry | undefined> {
  for await (const batch of (await store.getSchedule()).batches) {
    const found = batch.find((entry) => entry.name === name);
    if (found) return found;
  }
  return undefined;
}

async function overwrite(store: DummyStore, text: string, name = CLUSTER_RECORD): Promise<void> {
  const expectedRevision = (await stored(store, name))?.revision ?? null;
  const [result] = await store.setSchedule([{ name, definition: text, expectedRevision }]);
  expect(result?.status).toBe("done");
}

async function clusterText(store: DummyStore): Promise<unknown> {
  return JSON.parse((await stored(store, CLUSTER_RECORD))!.definition!) as unknown;
}

describe("a damaged cluster record", () => {
  const good = '{"format":1,"kind":"cluster","configVersion":2,"lockTtlMs":15000,"delivery":"d"}';
  const damages = [
    "",
    "null",
    good.slice(0, -9),
    good.replace("2", '"x"'),
    good.replace("2", "-1"),
    good.replace("15000", "1e400"),
    good.replace('"d"', "7"),
    good.replace('"format":1', '"format":"2"'),
    good.replace('"format":1', '"format":0'),
    '{"format":1,"kind":"cluster"}',
    '{"format":1,"kind":"removed"}',
    '{"format":1,"kind":"unheard of"}',
    '{"format":1,"kind":"entry","source":"api","effectiveFrom":1,"entry":{"task":"t","schedule":"1s"}}',
    "x".repeat(100_000),
  ];

  it.each(damages)("%.60s: is repaired while the leader goes on, with one warning", async (text) => {
    const { clock, outbox, connect, client, lead } = world();
    const lines: string[] = [];
    const beat = await lead({ schedule: { job: everySecond }, configVersion: 2, logger: notingLogger(lines) });
    const lost: unknown[] = [];
    beat.on("state-lost", (event) => lost.push(event));
    const roles = rolesOf(beat);
    await clock.advance(2_500);
    const before = await clusterText(connect());
    await overwrite(connect(), text);
    await clock.advance(20_000);
    expect(await clusterText(connect())).toEqual(before);
    expect(secondsOf(outbox.messages())).toHaveLength(22);
    const warnings = lines.filter((line) => line.includes("cluster record"));
    expect(warnings).toEqual([expect.stringContaining(text.slice(0, 90)) as string]);
    expect(warnings[0]!.length).toBeLessThan(400);
    expect([...roles, ...lost]).toEqual([]);
    expect(await client.status()).toMatchObject({ broken: [], configVersion: 2 });
  });

  it.each(damages)("%.60s: is repaired by the next leader, whose older configuration is not merged", async (text) => {
    const { clock, store, connect, client, lead } = world();
    const versioned = (version: number): EntryInput => ({ ...everySecond, task: `t.${version}` });
    await lead({ schedule: { job: versioned(2) }, configVersion: 2 });
    const lines: string[] = [];
    const older = { schedule: { job: versioned(1) }, configVersion: 1, logger: notingLogger(lines) };
    await lead({ ...older, store: connect() });
    await clock.advance(5_000);
    cutOff(store);
    await overwrite(connect(), text);
    await clock.advance(40_000);
    expect(await clusterText(connect())).toMatchObject({ format: 1, kind: "cluster", configVersion: 2 });
    expect((await client.get("job"))?.entry["task"]).toBe("t.2");
    expect(lines.filter((line) => line.includes("cluster record"))).toHaveLength(1);
    expect((await client.get("job"))!.runs).toBeGreaterThan(20);
  });

  it("that a client reads is a warning of the status, not an entry", async () => {
    const { connect, client } = world();
    await overwrite(connect(), good.replace("2", '"x"'));
    const { warnings, broken, delivery, configVersion } = await client.status();
    expect(warnings.join()).toContain('its "configVersion" is "x"');
    expect({ broken, delivery, configVersion }).toEqual({ broken: [], delivery: "d", configVersion: null });
    expect(await client.list()).toEqual([]);
  });

  it("is written again if it alone was removed, with the version that was known", async () => {
    const { clock, connect, client, lead } = world();
    await lead({ schedule: { job: everySecond }, configVersion: 2 });
    const { revision } = (await stored(connect(), CLUSTER_RECORD))!;
    await connect().setSchedule([{ name: CLUSTER_RECORD, definition: null, expectedRevision: revision }]);
    await clock.advance(5_000);
    expect(await client.status()).toMatchObject({ configVersion: 2, entries: 1 });
    expect(await clusterText(connect())).toMatchObject({ configVersion: 2 });
  });

  it("is not believed under another name", async () => {
    const { clock, connect, client, lead } = world();
    const lines: string[] = [];
    await lead({ schedule: { job: everySecond }, configVersion: 2, logger: notingLogger(lines) });
    await overwrite(connect(), good.replace("2", "9").replace("15000", "3000"), "foreign");
    await clock.advance(5_000);
    const { broken, configVersion } = await client.status();
    expect(broken).toMatchObject([{ name: "foreign" }]);
    expect(configVersion).toBe(2);
    expect(lines.filter((line) => line.includes("lockTtlMs"))).toEqual([]);
  });
});

describe("a cluster record of a newer version", () => {
  it("ends the term of the leader that meets it, which then competes no more until the record is gone", async () => {
    const { clock, store, outbox, connect, lead } = world();
    const lines: string[] = [];
    const schedule = { job: everySecond };
    const beat = await lead({ schedule, logger: notingLogger(lines) });
    await clock.advance(2_500);
    const old = (await stored(connect(), CLUSTER_RECORD))!.definition!;
    const roles = rolesOf(beat);
    const requests = countRequests(store);
    await overwrite(connect(), NEWER);
    await clock.advance(60_000);
    expect(roles).toEqual(["standby: the schedule belongs to a newer version of beatx"]);
    expect(requests.count).toBe(0);
    expect(await connect().readLock()).toBeNull();
    expect((await stored(connect(), CLUSTER_RECORD))!.definition).toBe(NEWER);
    expect(secondsOf(outbox.messages()).at(-1)).toBeLessThan(5);
    expect(lines.filter((line) => /format 2.*reads only format 1: upgrade this node/.test(line))).toHaveLength(1);
    await overwrite(connect(), old);
    await clock.advance(10_000);
    expect(roles.at(-1)).toBe("leader");
    expect(secondsOf(outbox.messages()).at(-1)).toBeGreaterThan(65);
  });

  it("keeps a node that starts from merging and sending", async () => {
    const { clock, store, outbox, connect, client, run } = world();
    await overwrite(connect(), NEWER);
    await client.put("job", everySecond);
    const requests = countRequests(store);
    const beat = await run({ schedule: { added: everySecond } });
    const roles = rolesOf(beat);
    await clock.advance(60_000);
    expect(requests.count).toBeLessThanOrEqual(1);
    expect(roles.filter((role) => role === "leader").length).toBeLessThanOrEqual(1);
    expect(await connect().readLock()).toBeNull();
    expect((await client.list()).map(({ name }) => name)).toEqual(["job"]);
    expect(outbox.messages()).toEqual([]);
  });

  it("leaves the lease to a newer node as soon as the older one has met it", async () => {
    const { clock, connect, lead } = world();
    await lead({ schedule: { job: everySecond } });
    await overwrite(connect(), NEWER);
    await clock.advance(1_500);
    const answer = await connect().acquireLock({ token: "newer", ttlMs: 15_000, label: "newer" });
    expect(answer).toMatchObject({ token: "newer" });
  });

  it("is a warning for clients, which work as far as they can read", async () => {
    const { connect, client } = world();
    await overwrite(connect(), NEWER);
    await client.put("job", everySecond);
    expect((await client.list()).map(({ name }) => name)).toEqual(["job"]);
    const { warnings, broken } = await client.status();
    expect(warnings[0]).toMatch(/the cluster record has format 2.*upgrade/);
    expect(broken).toEqual([]);
  });
});
