import type { DummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { PublishError, StoreError } from "../../src/base/errors.js";
import type { Message, Publisher } from "../../src/contract/publisher.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { everySecond, notingLogger, rolesOf, world } from "../world.js";

const everyMinute: EntryInput = { task: "t", schedule: "1m" };

function many(count: number, entry: EntryInput): Record<string, EntryInput> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`entry-${index}`, entry]));
}

/** A broker that can be switched off, and that fails some entries always. */
function switchedPublisher(now: () => number): {
  readonly publisher: Publisher;
  readonly broker: { isOut: boolean };
  readonly batches: { readonly at: number; readonly size: number }[];
  readonly sent: { readonly at: number; readonly message: Message }[];
} {
  const broker = { isOut: false };
  const batches: { at: number; size: number }[] = [];
  const sent: { at: number; message: Message }[] = [];
  const publish: Publisher["publish"] = (messages) => {
    batches.push({ at: now(), size: messages.length });
    const answers = messages.map((message) => {
      if (broker.isOut) return new PublishError("the broker could not be reached");
      if (message.entry === "bad") return new PublishError("bad is too large");
      sent.push({ at: now(), message });
      return undefined;
    });
    return Promise.resolve(answers);
  };
  return { publisher: { ...recordingPublisher(), publish }, broker, batches, sent };
}

describe("after an outage of the broker", () => {
  it.each([2, 26, 700])("of %i s all that waits goes out within 2 s of the first success", async (seconds) => {
    const { clock, lead } = world();
    const { publisher, broker, batches, sent } = switchedPublisher(() => clock.now());
    await lead({ publisher, schedule: many(3_000, everyMinute) });
    await clock.advance(59_000);
    broker.isOut = true;
    await clock.advance(seconds * 1_000);
    const back = clock.now();
    expect(sent).toEqual([]);
    broker.isOut = false;
    await clock.advance(4_000);
    expect(new Set(sent.map(({ message }) => message.entry)).size).toBe(3_000);
    expect(sent[0]!.at - back).toBeLessThanOrEqual(1_000);
    expect(sent.at(-1)!.at - sent[0]!.at).toBeLessThan(2_000);
    expect(new Set(sent.map(({ message }) => message.id)).size).toBe(sent.length);
    expect(Math.max(...batches.filter(({ at }) => at > back).map(({ size }) => size))).toBeLessThanOrEqual(500);
  });

  it("its first success releases what no probe reached", async () => {
    const { clock, lead } = world();
    const { publisher, broker, sent } = switchedPublisher(() => clock.now());
    broker.isOut = true;
    await lead({ publisher, schedule: many(3_000, everyMinute) });
    // Long enough for each entry to fail once.
    await clock.advance(119_000);
    broker.isOut = false;
    await clock.advance(1_500);
    expect(new Set(sent.map(({ message }) => message.entry)).size).toBe(3_000);
  });
});

describe("a broker that works now and then", () => {
  it("is not taken for a fault of the entries: all that waits goes out once it works", async () => {
    const { clock, lead } = world();
    const { publisher, broker, sent } = switchedPublisher(() => clock.now());
    let lets = Infinity;
    const publish: Publisher["publish"] = async (messages, context) => {
      const [some, rest] = [messages.slice(0, lets), messages.slice(lets)];
      lets -= some.length;
      const answers = await publisher.publish(some, context);
      return [...answers, ...rest.map(() => new PublishError("the broker could not be reached"))];
    };
    const entry = { ...everyMinute, schedule: "1h" };
    await lead({ publisher: { ...publisher, publish }, schedule: many(1_000, entry), random: () => 1 });
    await clock.advance(3_599_000);
    broker.isOut = true;
    await clock.advance(31_000);
    broker.isOut = false;
    for (let flaps = 0; flaps < 8; flaps += 1) {
      lets = 1;
      await clock.advance(20_000);
    }
    expect(sent).toHaveLength(8);
    lets = Infinity;
    await clock.advance(4_000);
    expect(new Set(sent.map(({ message }) => message.entry)).size).toBe(1_000);
  });

  it("is told apart from many entries that fail while others get through", async () => {
    const { clock, lead } = world();
    const { publisher } = switchedPublisher(() => clock.now());
    let attempts = 0;
    const publish: Publisher["publish"] = async (messages, context) => {
      attempts += messages.filter(({ task }) => task === "bad").length;
      const answers = await publisher.publish(messages, context);
      return messages.map(({ task }, index) => (task === "bad" ? new PublishError("no queue") : answers[index]));
    };
    const lines: string[] = [];
    const schedule = { ...many(30, { ...everyMinute, task: "bad" }), good: everySecond };
    await lead({ publisher: { ...publisher, publish }, schedule, logger: notingLogger(lines), random: () => 0.5 });
    await clock.advance(600_000);
    expect(attempts).toBeGreaterThan(30 * 10);
    expect(attempts).toBeLessThan(30 * 60);
    expect(lines.filter((line) => line.startsWith("publisher: ")).length).toBeLessThan(20);
  });
});

describe("while the broker is out", () => {
  it("a few entries probe it, at least once a second, and all others wait", async () => {
    const { clock, lead } = world();
    const { publisher, broker, batches } = switchedPublisher(() => clock.now());
    await lead({ publisher, schedule: many(500, everyMinute) });
    broker.isOut = true;
    await clock.advance(120_000);
    const probes = batches.filter(({ at }) => at > batches[0]!.at);
    expect(Math.max(...probes.map(({ size }) => size))).toBe(10);
    const gaps = probes.slice(1).map(({ at }, index) => at - probes[index]!.at);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1_000);
    expect(probes.length).toBeLessThan(130);
  });
});

describe("an entry that fails on its own account", () => {
  it("keeps its own back-off while others get through", async () => {
    const { clock, lead } = world();
    const { publisher } = switchedPublisher(() => clock.now());
    let attempts = 0;
    const publish: Publisher["publish"] = (messages, context) => {
      if (messages.some(({ entry }) => entry === "bad")) attempts += 1;
      return publisher.publish(messages, context);
    };
    await lead({ publisher: { ...publisher, publish }, schedule: { bad: everyMinute, good: everySecond } });
    await clock.advance(600_000);
    expect(attempts).toBeGreaterThan(10);
    expect(attempts).toBeLessThan(45);
  });

  it("delays no other entry, even if nothing has got through yet", async () => {
    const { clock, lead } = world();
    const { publisher, sent } = switchedPublisher(() => clock.now());
    const good = { task: "t", schedule: { type: "interval", everyMs: 60_000, anchor: 500 } };
    await lead({ publisher, schedule: { bad: { ...everySecond, schedule: "1m" }, good } });
    await clock.advance(600_000);
    expect(sent.length).toBeGreaterThan(8);
    for (const { at, message } of sent) expect(at - message.scheduledAt).toBeLessThanOrEqual(200);
  });

  it("is tried at once in a new term", async () => {
    const { clock, lead, store } = world();
    const { publisher } = switchedPublisher(() => clock.now());
    const attempts: number[] = [];
    const publish: Publisher["publish"] = (messages, context) => {
      if (messages.some(({ entry }) => entry === "bad")) attempts.push(clock.now());
      return publisher.publish(messages, context);
    };
    const beat = await lead({
      publisher: { ...publisher, publish },
      schedule: { bad: everyMinute, good: everySecond },
    });
    await clock.advance(300_000);
    const roles = rolesOf(beat);
    let leadsAt = 0;
    beat.on("leader", () => (leadsAt = clock.now()));
    store.expireLock();
    const before = attempts.length;
    await clock.advance(30_000);
    expect(roles).toContain("leader");
    expect(attempts[before]! - leadsAt).toBeLessThan(100);
  });
});

/** Moves of cursors that fail while `isOut`, and are counted then. */
function failingMoves(store: DummyStore) {
  const faults = { isOut: false, commands: 0 };
  const advance: DummyStore["advance"] = (lease, moves) => {
    if (!faults.isOut) return store.advance(lease, moves);
    faults.commands += 1;
    return Promise.reject(new StoreError("the store has no memory left"));
  };
  return { faults, advance };
}

describe("a failure of the store", () => {
  it("raises no back-off: all goes out within half a second of its return, after few commands", async () => {
    const { clock, lead, store, outbox, sent } = world();
    const { faults, advance } = failingMoves(store);
    const lines: string[] = [];
    await lead({ store: { ...store, advance }, schedule: many(1_000, everyMinute), logger: notingLogger(lines) });
    faults.isOut = true;
    await clock.advance(119_000);
    expect(outbox.messages()).toEqual([]);
    expect(faults.commands).toBeGreaterThan(59);
    expect(faults.commands).toBeLessThan(59 * 8);
    faults.isOut = false;
    await clock.advance(500);
    expect(sent()).toHaveLength(1_000);
    expect(lines.filter((line) => line.startsWith("publisher:"))).toEqual([]);
  });

  it("is not blamed on the entry that fails alone and that has failed before", async () => {
    const { clock, lead, store } = world();
    const publisher = recordingPublisher();
    publisher.failNext(Infinity, "bad");
    const { faults, advance } = failingMoves(store);
    const lines: string[] = [];
    const good = { task: "t", schedule: { type: "interval", everyMs: 60_000, anchor: 500 } };
    await lead({
      store: { ...store, advance },
      publisher,
      schedule: { bad: everyMinute, good },
      logger: notingLogger(lines),
      random: () => 0.5,
    });
    await clock.advance(63_000);
    publisher.failNext(0);
    faults.isOut = true;
    await clock.advance(37_000);
    expect(faults.commands).toBeGreaterThan(100);
    expect(lines).toContain("store: the store has no memory left");
  });
});
