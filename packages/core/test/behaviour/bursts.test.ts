import { describe, expect, it } from "vitest";

import { LockLostError } from "../../src/base/errors.js";
import type { Publisher } from "../../src/contract/publisher.js";
import type { Store } from "../../src/contract/store.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import type { FakeClock } from "../../src/testing/fake-clock.js";
import { everySecond, rolesOf, world } from "../world.js";

const ENTRIES = 2_100;

const schedule = Object.fromEntries(
  Array.from({ length: ENTRIES }, (_, index): [string, EntryInput] => [
    `entry-${index}`,
    { ...everySecond, schedule: "1h" },
  ]),
);

/** An hour, and the time that the burst itself takes. */
const ONE_BURST_MS = 3_602_000;

const takeTime = (clock: FakeClock): Promise<void> => new Promise((resolve) => clock.setTimer(resolve, 5));

interface Work {
  /** The sizes of the pieces, in the order in which they began. */
  readonly sizes: readonly number[];
  /** The most that were ever under way at once. */
  readonly most: number;
  /** Does a piece of work, which takes 5 ms. */
  run<T>(size: number, work: () => Promise<T>): Promise<T>;
}

function watchWork(clock: FakeClock): Work {
  const sizes: number[] = [];
  let [open, most] = [0, 0];
  return {
    sizes,
    get most() {
      return most;
    },
    async run(size, work) {
      sizes.push(size);
      most = Math.max(most, (open += 1));
      await takeTime(clock);
      try {
        return await work();
      } finally {
        open -= 1;
      }
    },
  };
}

/** The store, whose moves are watched. */
function watched(store: Store, moves: Work): Store {
  return { ...store, advance: (lease, batch) => moves.run(batch.length, () => store.advance(lease, batch)) };
}

/** The publisher, whose batches are watched; `delivery`: its guarantee. */
function watchedPublisher(batches: Work, delivery: Publisher["delivery"]) {
  const inner = recordingPublisher();
  const publish: Publisher["publish"] = (batch, context) =>
    batches.run(batch.length, () => inner.publish(batch, context));
  return { ...inner, delivery, publish };
}

/** The publisher, whose batches are also watched in `both`. */
function alsoIn(both: Work, publisher: Publisher): Publisher {
  return {
    ...publisher,
    publish: (batch, context) => both.run(batch.length, () => publisher.publish(batch, context)),
  };
}

describe("a burst", () => {
  it("in one step keeps the store busy with two batches of 500, sends each message once, and in no other command", async () => {
    const { clock, store, sent, run } = world();
    const moves = watchWork(clock);
    await run({ store: watched(store, moves), schedule });
    await clock.advance(ONE_BURST_MS);
    expect(moves.sizes).toEqual([500, 500, 500, 500, 100]);
    expect(moves.most).toBe(2);
    expect(new Set(sent()).size).toBe(ENTRIES);
    expect(sent()).toHaveLength(ENTRIES);
  });

  it.each(["exactly-once", "at-least-once"] as const)(
    "to a queue whose guarantee is %s is saved while the next batch is published, one batch at a time in each place",
    async (delivery) => {
      const { clock, store, run } = world();
      const [both, moves, batches] = [watchWork(clock), watchWork(clock), watchWork(clock)];
      const publisher = watchedPublisher(batches, delivery);
      await run({ store: watched(watched(store, moves), both), publisher: alsoIn(both, publisher), schedule });
      await clock.advance(ONE_BURST_MS);
      expect([moves.most, batches.most, both.most]).toEqual([1, 1, 2]);
      expect(new Set(publisher.messages.map(({ entry }) => entry)).size).toBe(ENTRIES);
      expect(publisher.messages).toHaveLength(ENTRIES);
    },
  );

  it("to a queue that does not compare ends each batch of which a message failed before the next one", async () => {
    const { clock, store, run } = world();
    const work = watchWork(clock);
    const publisher = watchedPublisher(work, "at-least-once");
    const refused = new Set<string>();
    const publish: Publisher["publish"] = async (batch, context) => {
      const [first, ...others] = batch;
      refused.add(first!.entry);
      return [new Error("no such exchange"), ...(await publisher.publish(others, context))];
    };
    await run({ store: watched(store, work), publisher: { ...publisher, publish }, schedule });
    await clock.advance(ONE_BURST_MS);
    expect(work.most).toBe(1);
    expect(new Set([...publisher.messages.map(({ entry }) => entry), ...refused]).size).toBe(ENTRIES);
  });

  it("with at-most-once delivery ends each batch before the next one", async () => {
    const { clock, store, run } = world();
    const work = watchWork(clock);
    const publisher = watchedPublisher(work, "at-least-once");
    await run({ store: watched(store, work), publisher, schedule, delivery: "at-most-once" });
    await clock.advance(ONE_BURST_MS);
    expect(work.most).toBe(1);
    expect(publisher.messages).toHaveLength(ENTRIES);
  });

  it("ends with the term when the lease is lost, both batches included, and the next term sends all of it once", async () => {
    const { clock, store, sent, run } = world();
    let refused = 0;
    let callBoth: () => void;
    const bothCame = new Promise<void>((resolve) => (callBoth = resolve));
    const advance: Store["advance"] = async (lease, batch) => {
      if (refused === 2) return store.advance(lease, batch);
      refused += 1;
      if (refused === 2) callBoth();
      await bothCame;
      throw new LockLostError();
    };
    const beat = await run({ store: { ...store, advance }, schedule });
    await clock.advance(3_590_000);
    const roles = rolesOf(beat);
    await clock.advance(60_000);
    expect(roles).toEqual(["standby: a write came under an old lease", "leader"]);
    expect(new Set(sent()).size).toBe(ENTRIES);
    expect(sent()).toHaveLength(ENTRIES);
  });
});
