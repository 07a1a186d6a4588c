/** A standby that has followed the schedule takes over without reading it again. */
import type { DummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { StoreError } from "../../src/base/errors.js";
import type { Publisher } from "../../src/contract/publisher.js";
import type { BeatOptions } from "../../src/node/options.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { cutOff, everySecond, notingLogger, range, secondsOf, world } from "../world.js";

/** A leader that dies: store and queue hear no more of it. */
function mortal(publisher: Publisher): { readonly publisher: Publisher; die(store: DummyStore): void } {
  let isDead = false;
  const publish: Publisher["publish"] = (messages, context) =>
    isDead ? new Promise(() => undefined) : publisher.publish(messages, context);
  const die = (store: DummyStore): void => {
    isDead = true;
    cutOff(store);
  };
  return { publisher: { ...publisher, publish }, die };
}

interface Readings {
  /** Complete readings. */
  complete: number;
  /** Names that were asked for, of all calls. */
  named: number;
}

function countReadings(store: DummyStore): Readings {
  const readings = { complete: 0, named: 0 };
  const { getSchedule, getEntries } = store;
  store.getSchedule = async (since) => {
    const reading = await getSchedule(since);
    if (reading.complete) readings.complete++;
    return reading;
  };
  store.getEntries = (names) => {
    readings.named += names.length;
    return getEntries(names);
  };
  return readings;
}

const many = Object.fromEntries(range(1, 200).map((index) => [`rare-${index}`, { task: "t", schedule: "1d" }]));

describe("a standby that has followed the schedule", () => {
  it.each<"one step" | NonNullable<BeatOptions["delivery"]>>(["one step", "at-least-once", "at-most-once"])(
    "takes over without a complete reading, and repeats and misses nothing (%s)",
    async (delivery) => {
      const { clock, store, outbox, connect, client, lead, run } = world();
      const publisher = recordingPublisher();
      const leader = mortal(publisher);
      const sender = delivery === "one step" ? { publisher: outbox } : { publisher, delivery };
      const schedule = { often: everySecond, ...many };
      await lead({ schedule, ...sender, ...(delivery === "one step" ? {} : { publisher: leader.publisher }) });
      const second = connect();
      await run({ store: second, schedule, ...sender });
      await clock.advance(10_400);
      const readings = countReadings(second);
      leader.die(store);
      await clock.advance(30_000);
      const sent = secondsOf(delivery === "one step" ? outbox.messages() : publisher.messages, "often");
      expect([...sent]).toEqual(range(1, 40));
      expect(await client.get("often")).toMatchObject({ runs: 40, skipped: 0, uncertain: 0 });
      expect(readings.complete).toBe(0);
      // Of the rare entries nothing is asked, since none is due.
      expect(readings.named).toBeLessThan(200);
    },
  );

  it("sends nothing again of what the leader sent after the last look", async () => {
    const { clock, store, connect, lead, run } = world();
    const publisher = recordingPublisher();
    const leader = mortal(publisher);
    const schedule = { often: everySecond };
    await lead({ schedule, publisher: leader.publisher });
    const second = connect();
    const standby = await run({ store: second, schedule, publisher });
    await clock.advance(5_400);
    const { getEntries } = second;
    second.getEntries = () => Promise.reject(new StoreError("the standby cannot look"));
    standby.on("leader", () => (second.getEntries = getEntries));
    await clock.advance(40_000);
    leader.die(store);
    await clock.advance(60_000);
    const sent = secondsOf(publisher.messages);
    expect(sent.slice(0, 80)).toEqual(range(1, 80));
  });

  it("merges its own configuration, with the definitions that have changed meanwhile", async () => {
    const { clock, store, connect, client, lead, run } = world();
    await lead({ schedule: { kept: everySecond, dropped: everySecond, edited: everySecond, ...many } });
    const lines: string[] = [];
    const second = connect();
    const schedule = { kept: everySecond, added: everySecond, edited: everySecond, ...many };
    await run({ store: second, schedule, logger: notingLogger(lines) });
    await clock.advance(5_000);
    await client.put("edited", { task: "other", schedule: "1s" });
    await client.put("own", everySecond);
    await clock.advance(5_000);
    const readings = countReadings(second);
    cutOff(store);
    await clock.advance(30_000);
    const names = (await client.list()).map(({ name }) => name).filter((name) => !name.startsWith("rare"));
    expect(names).toEqual(["added", "edited", "kept", "own"]);
    expect(await client.get("edited")).toMatchObject({ overridden: true });
    expect(readings.complete).toBe(0);
    expect(lines).toContainEqual(expect.stringMatching(/1 entry, which was removed: dropped/));
    expect(lines).toContainEqual(expect.stringMatching(/1 entry differs from the configuration.*: edited/));
  });

  it("reads everything again after a term of its own, while it stands by", async () => {
    const { clock, store, connect, lead, run, sent } = world();
    const schedule = { often: everySecond };
    await lead({ schedule });
    const second = connect();
    await run({ store: second, schedule });
    await clock.advance(3_000);
    store.expireLock();
    await clock.advance(20_000);
    const readings = countReadings(store);
    second.expireLock();
    await clock.advance(20_000);
    expect(readings.complete).toBeLessThanOrEqual(1);
    expect(new Set(sent()).size).toBe(sent().length);
  });
});
