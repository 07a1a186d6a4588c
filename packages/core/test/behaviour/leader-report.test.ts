import { describe, expect, it } from "vitest";

import type { BeatStatus } from "../../src/client/beat-status.js";
import type { Client } from "../../src/client/client.js";
import { createClient } from "../../src/client/store-client.js";
import { PublishError } from "../../src/base/errors.js";
import type { Publisher } from "../../src/contract/publisher.js";
import { LEADER_REPORT, type LeaderReport } from "../../src/entry/leader-report.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { everySecond, notingLogger, range, START, storedNames, world } from "../world.js";
import type { DummyStore } from "@beatx/store-dummy";

/** A publisher whose sends and checks fail while a reason is set. */
function frailPublisher() {
  const inner = recordingPublisher();
  const state: { sending: string | null; checking: string | null; warnings: string[]; checks: number; open: number } = {
    sending: null,
    checking: null,
    warnings: [],
    checks: 0,
    open: 0,
  };
  const publisher: Publisher = {
    ...inner,
    name: "frail",
    publish: (batch, context) =>
      state.sending === null ? inner.publish(batch, context) : Promise.reject(new PublishError(state.sending)),
    checkHealth() {
      state.checks += 1;
      return state.checking === null
        ? Promise.resolve(state.warnings)
        : Promise.reject(new PublishError(state.checking));
    },
  };
  return { publisher, state, messages: inner.messages };
}

const hourly = { task: "t", schedule: "1h" };

async function problemsOf(client: Client): Promise<BeatStatus["problems"]> {
  return (await client.status()).problems;
}

async function storedReport(store: DummyStore): Promise<(LeaderReport & { readonly revision: string }) | null> {
  for await (const batch of (await store.getSchedule()).batches) {
    for (const { name, definition, revision } of batch) {
      if (name === LEADER_REPORT) return { ...(JSON.parse(definition!) as LeaderReport), revision };
    }
  }
  return null;
}

describe("the leader's report (R44), while messages fail", () => {
  it("names the publisher, since when it fails, why, and what waits; a message that gets through ends that", async () => {
    const { client, clock, lead } = world();
    const { publisher, state } = frailPublisher();
    await lead({ publisher, schedule: { job: everySecond } });
    await clock.advance(5_000);
    expect(await client.status()).toMatchObject({ problems: [], publisher: { name: "frail", state: "works" } });
    state.sending = "the broker at h:1 is down: start it.";
    await clock.advance(5_000);
    const [problem, ...others] = await problemsOf(client);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ kind: "publisher", entries: ["job"] });
    expect(problem!.since).toBeGreaterThanOrEqual(START + 5_000);
    expect(problem!.since).toBeLessThanOrEqual(START + 7_000);
    expect(problem!.message).toMatch(
      /^frail takes no messages: the broker at h:1 is down: start it\. Waiting: 1 entry \(job\)\. /,
    );
    state.sending = null;
    await clock.advance(5_000);
    expect(await client.status()).toMatchObject({ problems: [], publisher: { state: "works", message: null } });
  });

  it("is written when something changes, not with each attempt or message", async () => {
    const { client, clock, lead, connect } = world();
    const { publisher, state } = frailPublisher();
    await lead({ publisher, schedule: { job: everySecond } });
    const other = connect();
    await clock.advance(5_000);
    const works = (await storedReport(other))!.revision;
    await clock.advance(60_000);
    expect((await storedReport(other))!.revision).toBe(works);
    state.sending = "down, attempt 1";
    await clock.advance(5_000);
    const fails = (await storedReport(other))!.revision;
    expect(fails).not.toBe(works);
    state.sending = "down, attempt 2";
    await clock.advance(60_000);
    expect((await storedReport(other))!.revision).toBe(fails);
    expect((await client.status()).publisher!.message).toBe("down, attempt 1");
  });

  it("is not written before there is something to say, and at most every two seconds when that changes", async () => {
    const { clock, lead, connect } = world();
    const store = connect();
    const writes: string[] = [];
    const { setSchedule } = store;
    store.setSchedule = (changes, lease) => {
      if (changes.some(({ name }) => name === LEADER_REPORT)) writes.push(new Date(clock.now()).toISOString());
      return setSchedule(changes, lease);
    };
    let calls = 0;
    const publisher = (): Promise<void> => (calls++ % 4 < 2 ? Promise.resolve() : Promise.reject(new Error("down")));
    const beat = await lead({ store, publisher, schedule: { job: hourly } });
    await clock.advance(30_000);
    expect(writes).toEqual([]);
    await beat.stop();
    await lead({ store, publisher, schedule: { job: { task: "t", schedule: "100ms" } } });
    await clock.advance(60_000);
    expect(writes.length).toBeGreaterThan(2);
    expect(writes.length).toBeLessThanOrEqual(31);
  });

  it("explains why entries are overdue, so that they are no problem of their own", async () => {
    const { client, clock, lead } = world();
    const { publisher, state } = frailPublisher();
    await client.put("bad", { task: "none", schedule: "1s" });
    const beat = await lead({ handlers: { t: () => undefined } });
    await client.put("good", everySecond);
    await clock.advance(120_000);
    expect(await problemsOf(client)).toMatchObject([{ kind: "entry-failing", entries: ["bad"] }]);
    await beat.stop();
    state.sending = "down";
    await lead({ publisher });
    await clock.advance(120_000);
    expect(await problemsOf(client)).toMatchObject([{ kind: "publisher" }]);
  });

  it("lists an entry that is too large for the store, as long as the configuration has it", async () => {
    const { client, clock, lead } = world();
    const large = { task: "t", schedule: "1s", args: ["x".repeat(2_000_000)] };
    await lead({ schedule: { large, job: everySecond } });
    await clock.advance(10_000);
    expect(await problemsOf(client)).toMatchObject([{ kind: "entry-failing", entries: ["large"] }]);
  });

  it("lists the entries that fail while others go out, until they are sent, edited, paused or removed", async () => {
    const { client, clock, lead } = world();
    const good = recordingPublisher();
    const refuse = (entry: string): boolean => entry.startsWith("bad") && isRefused;
    let isRefused = true;
    const publisher: Publisher = {
      ...good,
      async publish(batch, context) {
        const answers = await good.publish(
          batch.filter(({ entry }) => !refuse(entry)),
          context,
        );
        let next = 0;
        return batch.map(({ entry }) =>
          refuse(entry) ? new PublishError(`${entry} has no queue`, { notSent: true }) : answers[next++],
        );
      },
    };
    const names = ["bad 1", "bad 2", "bad 3", "bad 4"];
    for (const name of names) await client.put(name, { task: "t", schedule: "5s" });
    await lead({ publisher });
    await client.put("good", everySecond);
    await clock.advance(10_000);
    const status = await client.status();
    expect(status.publisher).toMatchObject({ state: "works" });
    expect(status.problems).toMatchObject([
      { kind: "entry-failing", entries: expect.arrayContaining(names) as string[] },
    ]);
    expect(status.problems[0]!.message).toMatch(
      /^4 entries cannot be sent, while others are: "bad \d": bad \d has no queue; .*, and 1 more$/,
    );
    expect(status.failing).toContainEqual({
      entry: "bad 1",
      message: "bad 1 has no queue",
      since: expect.any(Number) as number,
    });
    await client.pause("bad 1");
    await client.remove("bad 2");
    await client.put("bad 3", hourly);
    await clock.advance(5_000);
    expect((await client.status()).failing.map(({ entry }) => entry)).toEqual(["bad 4"]);
    expect((await client.runNow("good")).problems).toEqual([]);
    expect((await client.runNow("bad 4")).problems).toMatchObject([{ kind: "entry-failing" }]);
    isRefused = false;
    await clock.advance(40_000);
    expect(await client.status()).toMatchObject({ problems: [], failing: [] });
  });

  it("forgets a failure with the entries that failed: paused, they say nothing about the publisher", async () => {
    const { client, clock, lead } = world();
    const publish = (): Promise<never> => Promise.reject(new Error("a bug"));
    await lead({ publisher: publish, schedule: { one: everySecond, two: everySecond } });
    await clock.advance(5_000);
    await client.pause("one");
    await clock.advance(5_000);
    expect(await problemsOf(client)).toMatchObject([{ kind: "publisher", entries: ["two"] }]);
    await client.pause("two");
    await clock.advance(5_000);
    expect(await client.status()).toMatchObject({ problems: [], publisher: { state: "unknown" } });
  });

  it.each(["a", "z"])("at most once, lists an entry %s that was not confirmed while another was", async (name) => {
    const { client, clock, lead } = world();
    const publisher: Publisher = {
      ...recordingPublisher(),
      publish: (batch) =>
        Promise.resolve(batch.map(({ entry }) => (entry === name ? new PublishError("no reply") : undefined))),
    };
    const names = ["good", name].sort();
    const schedule = Object.fromEntries(names.map((each) => [each, everySecond]));
    await lead({ publisher, delivery: "at-most-once", schedule });
    await clock.advance(10_000);
    expect(await client.status()).toMatchObject({
      publisher: { state: "works" },
      failing: [{ entry: name, message: "no reply" }],
    });
  });

  it("has a bounded size, with the number of all entries that fail", async () => {
    const { client, clock, lead, store } = world();
    const inner = recordingPublisher();
    const long = "x".repeat(5_000);
    const publisher: Publisher = {
      ...inner,
      publish: (batch) =>
        Promise.resolve(
          batch.map(({ entry }) => (entry === "good" ? undefined : new PublishError(`no\nroom ${long}`))),
        ),
    };
    const bad = Object.fromEntries(
      range(1, 300).map((n) => [`${"n".repeat(400)} ${n}`, { task: "t", schedule: "1m" }]),
    );
    await lead({ store, publisher, schedule: { ...bad, good: everySecond } });
    await clock.advance(70_000);
    const report = (await storedReport(store))!;
    expect(JSON.stringify(report).length).toBeLessThan(20_000);
    expect(report.failingCount).toBe(300);
    expect(report.failing.length).toBeGreaterThan(10);
    expect(report.failing[0]!.message).toMatch(/^no room x+\.\.\.$/);
    const [problem] = await problemsOf(client);
    expect(problem!.message).toMatch(/^300 entries cannot be sent/);
  });

  it("follows the outcomes when the store writes the queue", async () => {
    const { client, clock, lead } = world();
    await lead({ schedule: { job: everySecond } });
    await clock.advance(5_000);
    expect((await client.status()).publisher).toMatchObject({ state: "works" });
  });

  it("lists an entry without a handler, and none whose handler throws: a failed run is no outage", async () => {
    const { client, clock, lead } = world();
    const boom = (): never => {
      throw new Error("boom");
    };
    await client.put("lost", { task: "none", schedule: "1s" });
    await lead({ handlers: { t: boom }, schedule: { job: everySecond } });
    await clock.advance(10_000);
    const { publisher, problems } = await client.status();
    expect(publisher).toMatchObject({ name: "handlers", state: "works" });
    expect(problems).toMatchObject([{ kind: "entry-failing", entries: ["lost"] }]);
    expect(problems[0]!.message).toMatch(/no handler for the task "none": add one/);
  });
});

describe("the leader's report (R44), while checks fail", () => {
  it("tells of a broker that is down before anything is due, logged once, and when it works again", async () => {
    const { client, clock, lead } = world();
    const { publisher, state } = frailPublisher();
    const lines: string[] = [];
    state.checking = "the broker at h:1 refuses the password of user u";
    await lead({ publisher, logger: notingLogger(lines), schedule: { job: hourly } });
    await clock.advance(30_000);
    expect((await client.runNow("job")).problems).toMatchObject([{ kind: "publisher" }]);
    expect(await problemsOf(client)).toMatchObject([
      { kind: "publisher", message: expect.stringContaining("refuses the password") as string },
    ]);
    expect(lines.filter((line) => line.startsWith("publisher: "))).toEqual([`publisher: ${state.checking}`]);
  });

  it("shows the publisher's own words, although a deadline was noticed first, and later words every 30 s", async () => {
    const { client, clock, lead } = world();
    const { publisher, state } = frailPublisher();
    state.sending = "no answer within the deadline";
    await lead({ publisher, schedule: { job: everySecond } });
    await clock.advance(3_500);
    const shown = async (): Promise<unknown> => (await client.status()).publisher?.message;
    expect(await shown()).toBe(state.sending);
    state.checking = "h:1 is silent";
    await clock.advance(14_000);
    expect(await shown()).toBe("h:1 is silent");
    state.checking = "h:1 is down";
    await clock.advance(5_000);
    expect(await shown()).toBe("h:1 is silent");
    await clock.advance(30_000);
    expect(await shown()).toBe("h:1 is down");
  });

  it("is asked every ten seconds", async () => {
    const { clock, lead } = world();
    const { publisher, state } = frailPublisher();
    await lead({ publisher, schedule: { job: hourly } });
    await clock.advance(25_000);
    expect(state.checks).toBe(3);
  });

  it("is asked every two seconds while the publisher fails, so that one that works again shows within a few", async () => {
    const { client, clock, lead } = world();
    const { publisher, state } = frailPublisher();
    const lines: string[] = [];
    state.checking = "paused";
    await lead({ publisher, logger: notingLogger(lines), schedule: { job: hourly } });
    await clock.advance(9_000);
    expect(state.checks).toBe(5);
    expect(await client.status()).toMatchObject({ publisher: { state: "failing" } });
    state.checking = null;
    state.warnings = ["nobody reads the queue q"];
    await clock.advance(5_000);
    expect(await client.status()).toMatchObject({
      problems: [],
      publisher: { state: "works" },
      warnings: expect.arrayContaining(state.warnings) as string[],
    });
    expect(lines.filter((line) => line.startsWith("publisher: works again"))).toHaveLength(1);
    expect(lines).toContain("nobody reads the queue q");
  });

  it("goes on failing while messages fail, whatever a check says", async () => {
    const { client, clock, lead } = world();
    const { publisher, state } = frailPublisher();
    const lines: string[] = [];
    await lead({ publisher, logger: notingLogger(lines), schedule: { job: everySecond } });
    state.sending = "the queue is full";
    await clock.advance(30_000);
    expect(lines.filter((line) => line.startsWith("publisher: "))).toEqual(["publisher: the queue is full"]);
    expect(await problemsOf(client)).toMatchObject([
      { kind: "publisher", message: expect.stringContaining("the queue is full") as string },
    ]);
  });

  it("believes messages that get through more than a check that fails", async () => {
    const { client, clock, lead } = world();
    const { publisher, state } = frailPublisher();
    const lines: string[] = [];
    await lead({ publisher, logger: notingLogger(lines), schedule: { job: everySecond } });
    await clock.advance(5_000);
    state.checking = "may not ask";
    await clock.advance(60_000);
    expect(await client.status()).toMatchObject({ problems: [], publisher: { state: "works" } });
    expect(lines.filter((line) => line.startsWith("publisher: "))).toEqual([]);
  });

  it("sees a broker that goes down after the clock of the machine was ahead for a while", async () => {
    const { client, clock, lead, connect } = world();
    const { publisher, state } = frailPublisher();
    const { getTime: _none, ...store } = connect();
    await lead({ store, publisher, schedule: { job: everySecond } });
    clock.stepWallClock(86_400_000);
    await clock.advance(5_000);
    clock.stepWallClock(-86_400_000);
    state.checking = "down";
    await clock.advance(30_000);
    expect((await client.status()).publisher).toMatchObject({ state: "failing", message: "down" });
  });

  it("ends a failure of messages when none was tried for a minute and checks pass", async () => {
    const { client, clock, lead } = world();
    const { publisher, state } = frailPublisher();
    await lead({ publisher, delivery: "at-most-once", schedule: { job: hourly } });
    state.sending = "down";
    await clock.advance(3_600_000);
    state.sending = null;
    await clock.advance(30_000);
    expect(await problemsOf(client)).toMatchObject([{ kind: "publisher" }]);
    await clock.advance(60_000);
    expect(await problemsOf(client)).toEqual([]);
  });

  it("counts two warnings as one if they differ only in their numbers, and logs it once", async () => {
    const { client, clock, lead } = world();
    const { publisher, state } = frailPublisher();
    const lines: string[] = [];
    await lead({ publisher, logger: notingLogger(lines), schedule: { job: hourly } });
    for (const waiting of range(2, 9)) {
      state.warnings = [`${waiting} messages wait in queue 1`, `${waiting} messages wait in queue 2`];
      await clock.advance(40_000);
    }
    expect((await client.status()).warnings).toEqual(expect.arrayContaining(state.warnings));
    expect(lines.filter((line) => line.includes("messages wait"))).toEqual([
      "2 messages wait in queue 1",
      "2 messages wait in queue 2",
    ]);
  });

  it("takes whatever a check in plain JavaScript throws or answers", async () => {
    const bare = Object.create(null) as Error;
    const thrown = (): never => {
      throw new Error("no such method");
    };
    const told: string[] = [];
    for (const checkHealth of [thrown, () => Promise.reject(bare), () => 1, () => Promise.resolve([bare, "full"])]) {
      const { client, clock, lead } = world();
      await lead({ publisher: { ...recordingPublisher(), checkHealth } as Publisher, schedule: { job: hourly } });
      await clock.advance(5_000);
      const { publisher, warnings } = await client.status();
      told.push([publisher!.state, publisher!.message, ...warnings.filter((each) => !each.includes("dummy"))].join());
    }
    expect(told).toEqual(["failing,no such method", "failing,an object", "works,", "works,,an object,full"]);
  });

  it("says who writes the messages, as soon as that is known", async () => {
    const { clock, lead } = world();
    const told: unknown[] = [];
    const checkHealth: Publisher["checkHealth"] = ({ isOneStep }) => {
      told.push(isOneStep);
      return Promise.resolve([]);
    };
    await lead({ publisher: { ...recordingPublisher(), checkHealth }, schedule: { job: hourly } });
    await clock.advance(15_000);
    expect(told.at(-1)).toBe(false);
  });

  it("names a check without an answer, starts no second one meanwhile, and goes on sending", async () => {
    const { client, clock, lead } = world();
    const inner = recordingPublisher();
    let checks = 0;
    const signals: AbortSignal[] = [];
    const publisher: Publisher = {
      ...inner,
      name: "mute",
      checkHealth({ signal }) {
        checks += 1;
        signals.push(signal);
        return new Promise(() => undefined);
      },
    };
    const beat = await lead({ publisher, schedule: { job: { task: "t", schedule: "1m" } } });
    await clock.advance(10_000);
    expect(await problemsOf(client)).toMatchObject([
      {
        kind: "publisher",
        message: expect.stringMatching(/^mute takes no messages: mute did not say within 5000 ms/) as string,
      },
    ]);
    expect(signals[0]!.aborted).toBe(true);
    await clock.advance(60_000);
    expect(inner.messages).toHaveLength(1);
    expect(checks).toBe(1);
    await beat.stop();
  });

  it("ends the check under way with the term, and no check follows", async () => {
    const { clock, lead } = world();
    const signals: AbortSignal[] = [];
    const publisher: Publisher = {
      ...recordingPublisher(),
      checkHealth: ({ signal }) => {
        signals.push(signal);
        return new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(new Error("called off"))),
        );
      },
    };
    const lines: string[] = [];
    const beat = await lead({ publisher, logger: notingLogger(lines) });
    const stopped = beat.stop();
    await clock.advance(60_000);
    await stopped;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(lines.filter((line) => line.includes("called off"))).toEqual([]);
  });

  it("leaves no timer when the node has stopped, even if the check goes on", async () => {
    const { clock, lead } = world();
    const publisher: Publisher = { ...recordingPublisher(), checkHealth: () => new Promise(() => undefined) };
    const beat = await lead({ publisher });
    await beat.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("the stored report", () => {
  it("says nothing once another leader has come, until that one reports", async () => {
    const { client, clock, lead, run, connect } = world();
    const { publisher, state } = frailPublisher();
    state.sending = "down";
    const first = await lead({ publisher, schedule: { job: everySecond } });
    await clock.advance(5_000);
    expect(await problemsOf(client)).toMatchObject([{ kind: "publisher" }]);
    const stopped = first.stop();
    await clock.advance(11_000);
    await stopped;
    expect(await client.status()).toMatchObject({ publisher: null, problems: [{ kind: "no-leader" }] });
    await client.pause("job");
    await run({ store: connect(), publisher: recordingPublisher() });
    await clock.advance(5_000);
    expect(await client.status()).toMatchObject({ publisher: { name: "recording", state: "unknown" }, problems: [] });
  });

  it("of an earlier term than the present leader's is ignored", async () => {
    const { client, clock, lead, connect } = world();
    const { publisher, state } = frailPublisher();
    state.sending = "down";
    await lead({ publisher, schedule: { job: everySecond } });
    await clock.advance(5_000);
    expect(await client.status()).toMatchObject({ publisher: { state: "failing" } });
    const store = connect();
    const later = (await store.readLock())!;
    const other = createClient({
      store: { ...store, readLock: () => Promise.resolve({ ...later, fence: later.fence + 1 }) },
      clock,
    });
    expect(await other.status()).toMatchObject({ publisher: null, failing: [], problems: [] });
    expect((await other.runNow("job")).problems).toEqual([]);
  });

  it("that is damaged or removed is written anew", async () => {
    const { client, clock, lead, connect } = world();
    await lead({ schedule: { job: everySecond } });
    await clock.advance(5_000);
    const other = connect();
    const { revision } = (await storedReport(other))!;
    for (const definition of ["{", "[]", '{"format":1,"kind":"cluster"}', '{"format":2,"kind":"leader-report"}']) {
      const { revision } = (await storedReport(other))!;
      await other.setSchedule([{ name: LEADER_REPORT, definition, expectedRevision: revision }]);
      expect(await client.status()).toMatchObject({ publisher: null, broken: [], problems: [], entries: 1 });
      await clock.advance(5_000);
      expect((await client.status()).publisher).toMatchObject({ state: "works" });
    }
    const last = (await storedReport(other))!;
    expect(last.revision).not.toBe(revision);
    await other.setSchedule([{ name: LEADER_REPORT, definition: null, expectedRevision: last.revision }]);
    await clock.advance(5_000);
    expect((await client.status()).publisher).toMatchObject({ state: "works" });
  });

  it("is no entry: not in a list, a count, a change or a removal, and no sign of a loss", async () => {
    const { client, clock, lead, run, connect } = world();
    const { publisher, state } = frailPublisher();
    const beat = await lead({ publisher, schedule: { job: everySecond } });
    const standby = await run({ store: connect(), publisher, schedule: { job: everySecond } });
    const events: unknown[] = [];
    for (const each of [beat, standby]) {
      each.on("changed", (event) => events.push(event));
      each.on("state-lost", (event) => events.push(event));
    }
    state.sending = "down";
    await clock.advance(10_000);
    state.sending = null;
    await clock.advance(10_000);
    expect(await storedNames(connect())).toContain(LEADER_REPORT);
    expect(await client.list()).toHaveLength(1);
    expect(await client.status()).toMatchObject({ entries: 1, removed: [], broken: [] });
    expect(events).toEqual([]);
  });

  it("is written again after the store has lost everything", async () => {
    const { client, clock, lead, store } = world();
    await lead({ schedule: { job: everySecond } });
    await clock.advance(5_000);
    store.wipe();
    await clock.advance(60_000);
    expect((await client.status()).publisher).toMatchObject({ state: "works" });
  });
});
