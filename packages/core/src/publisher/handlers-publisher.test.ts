import { getEventListeners } from "node:events";

import type { DummyStore } from "@beatx/store-dummy";
import { describe, expect, it } from "vitest";

import { everySecond, world } from "../../test/world.js";
import { createClient } from "../client/store-client.js";
import type { Message } from "../contract/publisher.js";
import { type Beat, createBeat } from "../node/beat.js";
import type { BeatOptions } from "../node/options.js";
import type { FakeClock } from "../testing/fake-clock.js";
import { handlersPublisher } from "./handlers-publisher.js";

const nothing = (): void => undefined;

interface HandlersWorld {
  readonly clock: FakeClock;
  /** The first node's store. */
  readonly store: DummyStore;
  /** The runs in the order of their end: `entry outcome`. */
  readonly ended: string[];
  /** Creates a node with its own connection, and starts it. */
  start(options: Partial<BeatOptions>): Promise<Beat>;
}

function handlersWorld(): HandlersWorld {
  const { clock, store, connect, create } = world();
  const ended: string[] = [];
  let nodes = 0;
  return {
    clock,
    store,
    ended,
    async start(options) {
      const beat = create({ store: nodes++ === 0 ? store : connect(), ...options });
      beat.on("run", ({ message, outcome }) => ended.push(`${message.entry} ${outcome}`));
      await beat.start();
      return beat;
    },
  };
}

/** A job that takes `ms` on the clock. It counts its starts, and how many of it run at the same time. */
function job(clock: FakeClock, ms: number): { run(): Promise<void>; started: number; most: number } {
  let open = 0;
  const state = {
    started: 0,
    most: 0,
    async run() {
      state.started++;
      state.most = Math.max(state.most, ++open);
      await new Promise<void>((resolve) => clock.setTimer(resolve, ms));
      open--;
    },
  };
  return state;
}

describe("handlers", () => {
  it("run only on the leader, once per occurrence", async () => {
    const { clock, start, ended } = handlersWorld();
    const runs: string[] = [];
    const schedule = { ping: { task: "ping", schedule: "1s" } };
    await start({ schedule, handlers: { ping: ({ id }) => runs.push(`a ${id}`) } });
    await start({ schedule, handlers: { ping: ({ id }) => runs.push(`b ${id}`) } });
    await clock.advance(5_500);
    expect(runs).toHaveLength(5);
    expect(new Set(runs.map((run) => run[0])).size).toBe(1);
    expect(ended).toEqual(Array(5).fill("ping finished"));
  });

  it.each([
    ["allow", 5, 3],
    ["queue", 2, 1],
    ["skip", 2, 1],
  ] as const)("with overlap %s start %i times, at most %i at the same time", async (overlap, started, most) => {
    const { clock, start, ended } = handlersWorld();
    const slow = job(clock, 2_500);
    await start({
      schedule: { slow: { task: "slow", schedule: "1s", options: { overlap } } },
      handlers: { slow: () => slow.run() },
    });
    await clock.advance(5_400);
    expect(slow).toMatchObject({ started, most });
    if (overlap === "skip") expect(ended.filter((line) => line === "slow skipped")).toHaveLength(3);
  });

  it.each([
    ["the field", { overlap: { policy: "skip" as const, ttlMs: 60_000 } }],
    ["the option", { options: { overlap: "skip" } }],
  ])("count what they skip, and do not hold it for sent (%s)", async (_by, overlap) => {
    const { clock, store, start, ended } = handlersWorld();
    const slow = job(clock, 2_500);
    await start({
      schedule: { slow: { task: "slow", schedule: "1s", ...overlap } },
      handlers: { slow: () => slow.run() },
    });
    await clock.advance(5_400);
    expect(slow).toMatchObject({ started: 2, most: 1 });
    expect(ended.filter((line) => line === "slow skipped")).toHaveLength(3);
    const client = createClient({ store, clock });
    expect(await client.get("slow")).toMatchObject({ runs: 2, skipped: 3 });
    expect((await client.history("slow"))[0]).toMatchObject({ outcome: "skipped", reason: "overlap" });
  });

  it("are held up for ttlMs at most", async () => {
    const { clock, start } = handlersWorld();
    const slow = job(clock, 60_000);
    const entry = { task: "slow", schedule: "1s", overlap: { policy: "skip" as const, ttlMs: 2_000 } };
    await start({ schedule: { slow: entry }, handlers: { slow: () => slow.run() } });
    await clock.advance(5_400);
    expect(slow.started).toBe(3);
  });

  it("refuse an entry that says twice what becomes of an overlap", async () => {
    const { clock, store, start } = handlersWorld();
    const overlap = { policy: "skip" as const, ttlMs: 2_000 };
    const entry = { task: "t", schedule: "1s", overlap, options: { overlap: "allow" } };
    const beat = await start({ schedule: { both: entry }, handlers: { t: nothing } });
    const errors: string[] = [];
    beat.on("error", ({ message }) => errors.push(message));
    await clock.advance(1_500);
    expect(errors.join()).toMatch(/entry "both": options.overlap and overlap.*leave options.overlap out/);
    expect(await createClient({ store, clock }).get("both")).toMatchObject({ runs: 0 });
  });

  it("may change what they are given: the next run gets what is stored", async () => {
    const { clock, store, start } = handlersWorld();
    const seen: string[] = [];
    const change = ({ args }: Message): void => {
      const [list] = args as unknown as [string[]];
      seen.push(list.join());
      list.push("changed");
    };
    const client = createClient({ store, clock });
    await client.put("e", { task: "change", schedule: "1s", args: [["stored"]] });
    await start({ handlers: { change } });
    await clock.advance(2_500);
    expect(seen).toEqual(["stored", "stored"]);
    expect((await client.get("e"))!.entry["args"]).toEqual([["stored"]]);
  });

  it("that fail are reported, and not repeated", async () => {
    const { clock, start, ended } = handlersWorld();
    let calls = 0;
    const fail = (): never => {
      calls++;
      throw new Error("no luck");
    };
    await start({ schedule: { once: { task: "fail", schedule: "1s", maxRuns: 1 } }, handlers: { fail } });
    await clock.advance(10_000);
    expect(calls).toBe(1);
    expect(ended).toEqual(["once failed"]);
  });

  it("that take too long get their signal aborted", async () => {
    const { clock, start, ended } = handlersWorld();
    const reasons: unknown[] = [];
    const endless = (_message: unknown, { signal }: { signal: AbortSignal }): Promise<void> =>
      new Promise((resolve) => signal.addEventListener("abort", () => (reasons.push(signal.reason), resolve())));
    const entry = { task: "endless", schedule: "1s", maxRuns: 1, options: { timeoutMs: 700 } };
    await start({ schedule: { endless: entry }, handlers: { endless } });
    await clock.advance(1_600);
    expect(reasons).toEqual([]);
    await clock.advance(200);
    expect(String(reasons[0])).toContain("700 ms");
    expect(ended).toEqual(["endless failed"]);
  });

  it("get their signal aborted when leadership is lost", async () => {
    const { clock, store, start } = handlersWorld();
    let aborted = false;
    const endless = (_message: unknown, { signal }: { signal: AbortSignal }): void =>
      signal.addEventListener("abort", () => (aborted = true));
    await start({ schedule: { endless: { task: "endless", schedule: "1s" } }, handlers: { endless } });
    await clock.advance(1_500);
    expect(aborted).toBe(false);
    store.expireLock();
    await clock.advance(6_000);
    expect(aborted).toBe(true);
  });

  it("that never end count as failed after timeoutMs", async () => {
    const { clock, start, ended } = handlersWorld();
    const entry = { task: "t", schedule: "1m", options: { timeoutMs: 1_000 } };
    await start({ handlers: { t: () => new Promise(nothing) }, schedule: { job: entry } });
    await clock.advance(60_500);
    expect(ended).toEqual([]);
    await clock.advance(1_000);
    expect(ended).toEqual(["job failed"]);
  });

  it("that wait for an earlier run do not start after leadership was lost", async () => {
    const { clock, store, start } = handlersWorld();
    const begun: boolean[] = [];
    const t = (_message: unknown, { signal }: { signal: AbortSignal }): Promise<void> => {
      begun.push(signal.aborted);
      return new Promise((resolve) => clock.setTimer(resolve, 3_000));
    };
    const job = { ...everySecond, options: { overlap: "queue" } };
    await start({ handlers: { t }, schedule: { job } });
    await clock.advance(10_500);
    store.delay("acquireLock", 1e9);
    store.expireLock();
    await clock.advance(30_000);
    expect(begun.length).toBeGreaterThan(2);
    expect(begun).not.toContain(true);
  });

  it("end before a stopping node releases its lease", async () => {
    const { clock, start, ended } = handlersWorld();
    const slow = job(clock, 8_000);
    const schedule = { slow: { task: "slow", schedule: "1s", maxRuns: 1 } };
    const beat = await start({ schedule, handlers: { slow: () => slow.run() }, lockTtlMs: 3_000 });
    const other = await start({ handlers: { slow: () => undefined }, lockTtlMs: 3_000 });
    await clock.advance(1_500);
    let leaders = 0;
    other.on("leader", () => leaders++);
    const stopped = beat.stop();
    await clock.advance(7_000);
    expect(leaders).toBe(0);
    await clock.advance(2_000);
    await stopped;
    expect(ended).toEqual(["slow finished"]);
    expect(leaders).toBe(1);
  });

  it.each([
    [{}, "publisher", /neither/],
    [{ publisher: () => Promise.resolve(), handlers: { a: nothing } }, "publisher", /both/],
    [{ handlers: {} }, "handlers", /empty/],
    [{ handlers: { a: 7 } }, "handlers.a", /not a function/],
    [{ handlers: { a: nothing }, schedule: { x: { task: "b", schedule: "1s" } } }, "schedule.x.task", /"b".*it has a/],
  ])("are checked before anything starts, as in %j", (options, field, message) => {
    const make = (): Beat => createBeat({ store: "dummy:", ...(options as Partial<BeatOptions>) });
    expect(make).toThrow(expect.objectContaining({ code: "CONFIG", field }) as Error);
    expect(make).toThrow(message);
  });
});

describe("a publisher of handlers", () => {
  const message = (fields: Partial<Message>): Message => ({
    id: "00000000-0000-4000-8000-000000000001",
    entry: "e",
    task: "t",
    args: [],
    kwargs: {},
    options: {},
    scheduledAt: 0,
    requested: false,
    expiresAt: null,
    fence: 1,
    coalesced: 0,
    namespace: "n",
    templateKey: {},
    ...fields,
  });
  const context = { signal: new AbortController().signal, term: new AbortController().signal };

  it("does not run an occurrence or a requested run again if it is sent again", async () => {
    const runs: string[] = [];
    const publisher = handlersPublisher({ handlers: { t: ({ id }) => void runs.push(id) } });
    const [due, asked] = [message({ id: "due" }), message({ id: "asked", requested: true })];
    for (const batch of [[due], [asked], [due, asked], [message({ id: "next", scheduledAt: 1 })]]) {
      expect(await publisher.publish(batch, context)).toEqual(batch.map(() => undefined));
      await publisher.onIdle();
    }
    expect(runs).toEqual(["due", "asked", "next"]);
  });

  it("says that an occurrence was passed if a later one of its entry ran, and does not run it", async () => {
    const runs: number[] = [];
    const publisher = handlersPublisher({ handlers: { t: ({ scheduledAt }) => void runs.push(scheduledAt) } });
    const { signal } = new AbortController();
    await publisher.publish([message({ scheduledAt: 2_000 })], { signal });
    const answers = await publisher.publish([message({ scheduledAt: 1_000 }), message({ scheduledAt: 3_000 })], {
      signal,
    });
    expect(answers).toEqual([expect.objectContaining({ code: "PASSED" }), undefined]);
    await publisher.onIdle();
    expect(runs).toEqual([2_000, 3_000]);
  });

  it("says of each run that it does not start that it never will", async () => {
    const publisher = handlersPublisher({ handlers: { t: () => new Promise(() => undefined) }, overlap: "queue" });
    const { signal } = new AbortController();
    for (let at = 1; at <= 101; at++) await publisher.publish([message({ scheduledAt: at })], { signal });
    const batches = [
      publisher.publish([message({ scheduledAt: 500 })], { signal: AbortSignal.abort() }),
      publisher.publish([message({ scheduledAt: 500 }), message({ scheduledAt: 1, task: "unknown" })], { signal }),
      publisher.publish([message({ scheduledAt: 1, entry: "odd", options: { overlap: "often" } })], { signal }),
    ];
    const answers = (await Promise.all(batches)).flat();
    expect(answers).toHaveLength(4);
    for (const answer of answers) expect(answer).toMatchObject({ code: "PUBLISH", notSent: true });
  });

  it("leaves no listener behind on the term's signal", async () => {
    const publisher = handlersPublisher({ handlers: { t: nothing } });
    for (let scheduledAt = 0; scheduledAt < 20; scheduledAt++) {
      await publisher.publish(
        [message({ scheduledAt, options: scheduledAt % 2 ? { timeoutMs: 1_000 } : {} })],
        context,
      );
    }
    await publisher.onIdle();
    expect(getEventListeners(context.term, "abort")).toEqual([]);
    expect(getEventListeners(context.signal, "abort")).toEqual([]);
  });

  it("that two namespaces share runs the occurrences of both", async () => {
    const { clock, connect, run } = world();
    const runs: string[] = [];
    const t = ({ namespace }: Message): Promise<void> => {
      runs.push(namespace);
      return new Promise((resolve) => clock.setTimer(resolve, 5_000));
    };
    const publisher = handlersPublisher({ handlers: { t } });
    const schedule = { ping: { task: "t", schedule: "1m", options: { overlap: "skip" } } };
    for (const namespace of ["a", "b"]) {
      await run({ store: connect({ namespace }), publisher, namespace, schedule });
    }
    await clock.advance(61_000);
    expect(runs.sort()).toEqual(["a", "b"]);
  });
});
