import { describe, expect, it } from "vitest";

import { everySecond, endsWithin, slowPublisher, world } from "../world.js";

const never = (): Promise<never> => new Promise(() => undefined);

describe("stopping", () => {
  it("may be repeated, but a stopped beat cannot be started again", async () => {
    const { clock, run } = world();
    const beat = await run();
    await clock.advance(100);
    const stopped = Promise.all([beat.stop(), beat.stop()]);
    await clock.advance(100);
    await stopped;
    await expect(beat.start()).rejects.toMatchObject({ code: "CLOSED" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("closes a store that was opened by URI, and leaves a passed one open", async () => {
    const { clock, connect, run } = world();
    const handedIn = connect();
    const opened = connect();
    const beat = await run({ store: "own:", stores: [{ schemes: ["own"], open: () => Promise.resolve(opened) }] });
    const other = await run({ store: handedIn });
    const stopped = Promise.all([beat.stop(), other.stop()]);
    await clock.advance(100);
    await stopped;
    await expect(opened.getRevision()).rejects.toThrow();
    await expect(handedIn.getRevision()).resolves.toEqual(expect.any(String));
  });

  it("can follow a start that failed, and leaves nothing open", async () => {
    const { clock, create } = world();
    const open = (): Promise<never> => Promise.reject(new Error("no such store"));
    const beat = create({ store: "own:", stores: [{ schemes: ["own"], open }] });
    const starting = beat.start();
    const stopping = beat.stop();
    await expect(starting).rejects.toThrow("no such store");
    await stopping;
    expect(clock.pendingTimers).toBe(0);
  });

  it("lets the sends of a manual tick end before it releases the lease", async () => {
    const { clock, store, create } = world();
    const publisher = slowPublisher(clock, 3_000);
    const beat = create({ publisher, schedule: { ping: everySecond } });
    for (let spent = 0; spent < 800;) {
      const sleepMs = await beat.tick();
      await clock.advance(sleepMs);
      spent += sleepMs;
    }
    await clock.advance(1_000);
    const tick = beat.tick();
    await clock.advance(500);
    const stopped = beat.stop();
    await clock.advance(500);
    expect(publisher.messages).toHaveLength(0);
    expect(await store.readLock()).not.toBeNull();
    await clock.advance(5_000);
    await Promise.all([tick, stopped]);
    expect(publisher.messages).toHaveLength(1);
    expect(await store.readLock()).toBeNull();
  });

  it("ends even if a handler does not", async () => {
    const { clock, run } = world();
    const beat = await run({ handlers: { t: never }, schedule: { ping: everySecond } });
    await clock.advance(1_500);
    expect(await endsWithin(clock, 60_000, beat.stop())).toBe(true);
  });

  it("ends even if the store never answers a watch", async () => {
    const { clock, store, run } = world();
    const beat = await run({ store: { ...store, watch: never } });
    await clock.advance(1_500);
    expect(await endsWithin(clock, 60_000, beat.stop())).toBe(true);
  });

  it("releases a lease even if the store's answer was lost", async () => {
    const { clock, store, connect, run } = world();
    store.failNext("acquireLock", { after: true });
    const beat = await run();
    await clock.advance(10);
    expect(await connect().readLock()).not.toBeNull();
    expect(await endsWithin(clock, 1_000, beat.stop())).toBe(true);
    expect(await connect().readLock()).toBeNull();
  });
});
