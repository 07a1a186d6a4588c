import { dummyPublisher, dummyStore } from "@beatx/store-dummy";
import { afterEach, describe, expect, it } from "vitest";

import { type Beat, createBeat } from "./beat.js";
import { createClient } from "./client.js";
import type { BeatOptions } from "./options.js";
import { FakeClock, recordingPublisher, silentLogger } from "./testing.js";

let names = 0;
const beats: Beat[] = [];
afterEach(() => {
  for (const beat of beats.splice(0)) void beat.stop();
});

async function run(name: string, clock: FakeClock, options: Partial<BeatOptions>): Promise<Beat> {
  const schedule = { ping: { task: "t", schedule: "1s", missed: "all" as const } };
  const store = dummyStore({ name, clock });
  const beat = createBeat({ store, clock, schedule, logger: silentLogger, ...options });
  beats.push(beat);
  await beat.start();
  return beat;
}

describe("one step for message and cursor", () => {
  it("tells of each message once, also when the store's answer was lost", async () => {
    const clock = new FakeClock();
    const name = `delivery-${names++}`;
    const store = dummyStore({ name, clock });
    const publisher = dummyPublisher({ name, clock });
    const beat = await run(name, clock, { store, publisher });
    const told: number[] = [];
    beat.on("published", ({ scheduledAt }) => told.push(scheduledAt));
    await clock.advance(1_500);
    store.failNext("advance", { after: true });
    await clock.advance(3_000);
    expect(publisher.messages().map(({ scheduledAt }) => scheduledAt)).toEqual(told);
    expect(told).toHaveLength(4);
  });
});

describe("at least once", () => {
  it("saves what was sent without sending it again when the store was away for a moment", async () => {
    const clock = new FakeClock();
    const name = `delivery-${names++}`;
    const store = dummyStore({ name, clock });
    const publisher = recordingPublisher();
    await run(name, clock, { store, publisher });
    await clock.advance(1_500);
    store.failNext("advance");
    store.failNext("advance");
    await clock.advance(5_000);
    expect(publisher.messages).toHaveLength(6);
  });
});

describe("at most once", () => {
  it("repeats nothing that the queue refused, and counts it", async () => {
    const clock = new FakeClock();
    const name = `delivery-${names++}`;
    const publisher = recordingPublisher();
    const beat = await run(name, clock, { publisher, delivery: "at-most-once" });
    const uncertain: unknown[] = [];
    beat.on("uncertain", (event) => uncertain.push(event));
    await clock.advance(1_500);
    publisher.failNext(1);
    await clock.advance(3_000);
    expect(publisher.messages).toHaveLength(3);
    expect(uncertain).toHaveLength(1);
    const client = createClient({ store: dummyStore({ name, clock }), clock });
    expect(await client.get("ping")).toMatchObject({ uncertain: 1, runs: 4 });
    expect((await client.status()).delivery).toMatch(/^at most once/);
  });

  it("never sends what a leader had claimed before it died, and counts it", async () => {
    const clock = new FakeClock();
    const name = `delivery-${names++}`;
    const first = dummyStore({ name, clock });
    const never = (): Promise<unknown> => new Promise(() => undefined);
    await run(name, clock, { store: first, publisher: never, delivery: "at-most-once" });
    await clock.advance(1_100);
    for (const method of ["renewLock", "advance", "acquireLock", "releaseLock", "getRevision"] as const) {
      first.delay(method, 1e9);
    }
    const publisher = recordingPublisher();
    await run(name, clock, { publisher, delivery: "at-most-once" });
    await clock.advance(25_000);
    const instants = publisher.messages.map(
      ({ scheduledAt }) => (scheduledAt - Date.parse("2030-01-01T00:00:00Z")) / 1000,
    );
    expect(instants).toEqual(Array.from({ length: instants.length }, (_, index) => index + 2));
    const view = await createClient({ store: dummyStore({ name, clock }), clock }).get("ping");
    expect(view).toMatchObject({ uncertain: 1, runs: instants.length + 1 });
  });

  it("leaves a claim nowhere once the queue has confirmed", async () => {
    const clock = new FakeClock();
    const name = `delivery-${names++}`;
    await run(name, clock, { publisher: recordingPublisher(), delivery: "at-most-once" });
    await clock.advance(3_500);
    const reading = await dummyStore({ name, clock }).getSchedule();
    for await (const batch of reading.batches) {
      for (const { cursor } of batch) expect(cursor ?? "").not.toContain("pending");
    }
    const view = await createClient({ store: dummyStore({ name, clock }), clock }).get("ping");
    expect(view).toMatchObject({ uncertain: 0, runs: 3 });
  });
});

describe("a slow broker", () => {
  it("costs no lease: renewals never wait behind sends, and nothing is lost or repeated", async () => {
    const clock = new FakeClock();
    const name = `delivery-${names++}`;
    const sent: number[] = [];
    const slow = async ({ scheduledAt }: { scheduledAt: number }): Promise<void> => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 4_500));
      sent.push((scheduledAt - Date.parse("2030-01-01T00:00:00Z")) / 1000);
    };
    const beat = await run(name, clock, { publisher: slow, lockTtlMs: 15_000 });
    const roles: string[] = [];
    beat.on("leader", () => roles.push("leader"));
    beat.on("standby", ({ reason }) => roles.push(reason));
    await clock.advance(120_000);
    expect(roles).toEqual([]);
    expect(sent.length).toBeGreaterThan(20);
    expect(sent).toEqual(sent.map((_, index) => index + 1));
  });

  it("that stays away until the deadline of what is due makes it count as missed", async () => {
    const clock = new FakeClock();
    const name = `delivery-${names++}`;
    const publisher = recordingPublisher();
    const schedule = { ping: { task: "t", schedule: "10s", missed: "all" as const, deadlineMs: 15_000 } };
    const beat = await run(name, clock, { publisher, schedule });
    let missed = 0;
    beat.on("missed", ({ count }) => (missed += count));
    await clock.advance(15_000);
    publisher.failNext(Infinity);
    await clock.advance(60_000);
    publisher.failNext(0);
    await clock.advance(45_000);
    const instants = publisher.messages.map(
      ({ scheduledAt }) => (scheduledAt - Date.parse("2030-01-01T00:00:00Z")) / 1000,
    );
    expect(missed).toBeGreaterThan(2);
    expect(instants.length + missed).toBe(12);
    expect(instants.at(-1)).toBe(120);
  });
});
