import { describe, expect, it } from "vitest";

import { BeatxError, ConfigError, PublishError } from "../../src/base/errors.js";
import type { Message, Publisher } from "../../src/contract/publisher.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { createBeat } from "../../src/node/beat.js";
import type { BeatOptions } from "../../src/node/options.js";
import type { DeadLetterContext, DeadLetterFunction } from "../../src/publisher/dead-letter.js";
import type { GaveUp } from "../../src/report/events.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { notingLogger, range, secondsOf, START, world } from "../world.js";

const MINUTE = 60_000;
const every10s: EntryInput = { task: "t", schedule: "10s", missed: "all" };

/** A broker that can be switched off, and that never takes the messages of the task "bad". */
function switchedPublisher(options: Partial<Publisher> = {}) {
  const broker = { isOut: false, notSent: false };
  const messages: Message[] = [];
  const publish: Publisher["publish"] = (batch) => {
    const answers = batch.map((message) => {
      if (broker.isOut) return new PublishError("the broker could not be reached", { notSent: broker.notSent });
      if (message.task === "bad") return new PublishError("bad is too large", { notSent: true });
      messages.push(message);
      return undefined;
    });
    return Promise.resolve(answers);
  };
  return { publisher: { ...recordingPublisher(), ...options, publish }, broker, messages };
}

interface Letters {
  readonly deadLetter: DeadLetterFunction;
  readonly taken: { readonly message: Message; readonly context: DeadLetterContext }[];
  refusal: Error | null;
}

function deadLetters(): Letters {
  const letters: Letters = {
    taken: [],
    refusal: null,
    deadLetter: (message, context) => {
      if (letters.refusal) return Promise.reject(letters.refusal);
      letters.taken.push({ message, context });
      return Promise.resolve();
    },
  };
  return letters;
}

describe("an occurrence that could not be sent for giveUpAfterMs (R54)", () => {
  it("goes to the dead letter, is counted, and the next one is due, for an outage of the publisher", async () => {
    const { clock, client, lead } = world();
    const { publisher, broker, messages } = switchedPublisher();
    const { deadLetter, taken } = deadLetters();
    const gaveUp: GaveUp[] = [];
    const lines: string[] = [];
    const options = { publisher, deadLetter, giveUpAfterMs: MINUTE, logger: notingLogger(lines) };
    const beat = await lead({ ...options, schedule: { job: { ...every10s, args: [1], expiresMs: 1_000 } } });
    beat.on("gave-up", (event) => gaveUp.push(event));
    await clock.advance(15_000);
    broker.isOut = true;
    await clock.advance(2 * MINUTE);
    broker.isOut = false;
    await clock.advance(30_000);
    const given = secondsOf(taken.map(({ message }) => message));
    // The one of second 20 was given up at second 80, and so on.
    expect(given).toEqual([20, 30, 40, 50, 60, 70]);
    expect(secondsOf(messages)).toEqual([10, ...range(8, 16).map((index) => index * 10)]);
    const [first] = taken;
    expect(first!.message).toMatchObject({ entry: "job", task: "t", args: [1], expiresAt: null, requested: false });
    expect(first!.message).not.toHaveProperty("failure");
    expect(first!.context).toMatchObject({ reason: "publisher", failedSince: START + 20_000, maybeSent: true });
    expect(first!.context.error.message).toBe("the broker could not be reached");
    expect(first!.context.attempts).toBeGreaterThan(10);
    expect(gaveUp.map(({ id }) => id)).toEqual(taken.map(({ message }) => message.id));
    expect(gaveUp[0]).toMatchObject({ entry: "job", deadLetter: "function", error: "the broker could not be reached" });
    expect(await client.get("job")).toMatchObject({ runs: 10, skipped: 6, givenUp: 6 });
    expect(await client.status()).toMatchObject({ givenUp: 6, givenUpOf: ["job"], problems: [] });
    const history = (await client.history("job")).filter(({ reason }) => reason === "gave-up");
    expect(history).toHaveLength(6);
    expect(history[5]).toMatchObject({ scheduledAt: START + 20_000, sentAt: null, outcome: "failed", skipped: 1 });
    expect(history[5]!.error).toBe("the broker could not be reached");
    expect(lines.filter((line) => /occurrences? (was|were) given up/.test(line)).length).toBeGreaterThan(0);
  });

  it.each(["at-least-once", "exactly-once", "one step", "at-most-once"] as const)(
    "of an entry that fails alone is given up, while others go out (%s)",
    async (kind) => {
      const { clock, client, lead, outbox } = world();
      const { publisher, messages } = switchedPublisher(kind === "exactly-once" ? { delivery: kind } : {});
      const { writesFor } = outbox.outbox;
      const oneStep: Publisher = {
        ...outbox,
        outbox: {
          ...outbox.outbox,
          writesFor: (message) => {
            if (message.task === "bad") throw new BeatxError("VALUE_TOO_LARGE", "bad is too large");
            return writesFor(message);
          },
        },
      };
      const { deadLetter, taken } = deadLetters();
      const options =
        kind === "one step"
          ? { publisher: oneStep }
          : { publisher, ...(kind === "at-most-once" && { delivery: kind }) };
      const schedule = { good: every10s, bad: { ...every10s, task: "bad", giveUpAfterMs: 25_000 } };
      await lead({ ...options, deadLetter, schedule });
      await clock.advance(2 * MINUTE);
      expect(secondsOf(taken.map(({ message }) => message))).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90]);
      if (kind !== "at-most-once")
        for (const { context } of taken) expect(context).toMatchObject({ reason: "entry", maybeSent: false });
      const good = kind === "one step" ? outbox.messages() : messages;
      expect(secondsOf(good, "good")).toEqual(range(1, 12).map((index) => index * 10));
      // An occurrence with an open claim counts as uncertain until its next attempt.
      const uncertain = kind === "at-most-once" ? 1 : 0;
      expect(await client.get("bad")).toMatchObject({ runs: uncertain, skipped: 9, givenUp: 9, uncertain });
    },
  );

  it("is given up without a dead letter, too", async () => {
    const { clock, client, lead } = world();
    const { publisher } = switchedPublisher();
    const lines: string[] = [];
    const gaveUp: GaveUp[] = [];
    const schedule = { bad: { ...every10s, task: "bad" } };
    const beat = await lead({ publisher, giveUpAfterMs: 5_000, schedule, logger: notingLogger(lines) });
    beat.on("gave-up", (event) => gaveUp.push(event));
    await clock.advance(MINUTE);
    expect(gaveUp.map(({ deadLetter }) => deadLetter)).toEqual(range(1, 5).map(() => null));
    expect(await client.get("bad")).toMatchObject({ skipped: 5, givenUp: 5 });
    expect(lines.some((line) => line.includes("no dead letter is given"))).toBe(true);
  });

  it("is never given up by default, nor because the store fails", async () => {
    const { clock, client, lead, connect } = world();
    const { publisher } = switchedPublisher();
    const { deadLetter, taken } = deadLetters();
    const schedule = { bad: { ...every10s, task: "bad" }, good: every10s };
    const options = { publisher, deadLetter, schedule };
    const first = await lead(options);
    await clock.advance(10 * MINUTE);
    expect(taken).toEqual([]);
    await first.stop();
    const failing = connect();
    const own = { ...schedule, bad: { ...schedule.bad, enabled: false } };
    await lead({ ...options, schedule: own, store: failing, giveUpAfterMs: 20_000 });
    for (const _ of range(1, 200)) failing.failNext("advance");
    await clock.advance(2 * MINUTE);
    expect(taken).toEqual([]);
    expect(await client.get("good")).toMatchObject({ givenUp: 0, skipped: 0 });
  });

  it("stays due while the dead letter fails, which is shown, and is tried at both until one takes it", async () => {
    const { clock, client, lead } = world();
    const { publisher, broker, messages } = switchedPublisher();
    const letters = deadLetters();
    letters.refusal = new Error("the second broker is down, too");
    await lead({ publisher, deadLetter: letters.deadLetter, giveUpAfterMs: 20_000, schedule: { job: every10s } });
    broker.isOut = true;
    await clock.advance(2 * MINUTE);
    const { problems, deadLetter } = await client.status();
    expect(problems.map(({ kind }) => kind)).toEqual(["publisher", "dead-letter"]);
    expect(problems[0]!.message).toContain("the broker could not be reached");
    expect(problems[1]!.message).toContain("the second broker is down, too");
    expect(deadLetter).toMatchObject({ name: "function", state: "failing" });
    expect(await client.get("job")).toMatchObject({ runs: 0, skipped: 0, givenUp: 0 });
    broker.isOut = false;
    await clock.advance(31_000);
    expect(secondsOf(messages)).toEqual(range(1, 15).map((index) => index * 10));
    expect(letters.taken).toEqual([]);
    broker.isOut = true;
    await clock.advance(30_000);
    letters.refusal = null;
    await clock.advance(MINUTE);
    expect(letters.taken.length).toBeGreaterThan(3);
    expect((await client.status()).deadLetter).toMatchObject({ state: "works" });
  });

  it("does not delay others by a dead letter that does not answer", async () => {
    const { clock, lead } = world();
    const { publisher, messages } = switchedPublisher();
    const deadLetter: DeadLetterFunction = () => new Promise(() => undefined);
    const late: number[] = [];
    const schedule = { good: { ...every10s, schedule: "1s" }, bad: { ...every10s, task: "bad", giveUpAfterMs: 1_000 } };
    const beat = await lead({ publisher, deadLetter, schedule });
    beat.on("published", ({ lateMs }) => late.push(lateMs));
    await clock.advance(2 * MINUTE);
    expect(secondsOf(messages, "good")).toEqual(range(1, 120));
    expect(Math.max(...late)).toBeLessThan(100);
    await beat.stop();
  });

  it("counts on through a change of the leader", async () => {
    const { clock, lead, run, connect } = world();
    const { publisher, broker } = switchedPublisher();
    const { deadLetter, taken } = deadLetters();
    const options = {
      publisher,
      deadLetter,
      giveUpAfterMs: MINUTE,
      schedule: { job: { ...every10s, schedule: "10m" } },
    };
    let beat = await lead(options);
    broker.isOut = true;
    await clock.advanceTo(START + 10 * MINUTE);
    for (let round = 0; round < 3; round++) {
      await clock.advance(15_000);
      void beat.stop();
      await clock.advance(100);
      beat = await run({ ...options, store: connect() });
      await clock.advance(100);
    }
    expect(taken).toEqual([]);
    await clock.advance(20_000);
    expect(taken).toHaveLength(1);
    expect(taken[0]!.context.failedSince).toBeLessThan(START + 10 * MINUTE + 1_000);
  });

  it("holds for requested runs and backfills, which are counted", async () => {
    const { clock, client, lead } = world();
    const { publisher, broker } = switchedPublisher();
    const { deadLetter, taken } = deadLetters();
    await lead({ publisher, deadLetter, giveUpAfterMs: 30_000, schedule: { job: { task: "t", schedule: "1h" } } });
    await clock.advance(5 * 60 * MINUTE + 1_000);
    broker.isOut = true;
    const { id } = await client.runNow("job");
    await client.backfill("job", { from: START + 60 * MINUTE, to: START + 120 * MINUTE });
    await clock.advance(3 * MINUTE);
    expect(taken.map(({ message }) => message.requested)).toEqual([true, true, true]);
    expect(taken.map(({ message }) => message.id)).toContain(id);
    expect(secondsOf(taken.map(({ message }) => message))).toEqual(expect.arrayContaining([3_600, 7_200]));
    expect(await client.get("job")).toMatchObject({ runs: 5, requestedRuns: 0, givenUp: 3 });
    expect(await client.status()).toMatchObject({ givenUp: 3 });
  });

  it("with missed latest is the newest that was attempted, with those that it replaces", async () => {
    const { clock, client, lead } = world();
    const { publisher, broker } = switchedPublisher({});
    broker.notSent = true;
    const { deadLetter, taken } = deadLetters();
    await lead({ publisher, deadLetter, giveUpAfterMs: MINUTE, schedule: { job: { task: "t", schedule: "10s" } } });
    broker.isOut = true;
    await clock.advance(75_000);
    expect(taken).toHaveLength(1);
    expect(taken[0]!.message).toMatchObject({ scheduledAt: START + 60_000, coalesced: 5 });
    expect(taken[0]!.context).toMatchObject({ failedSince: START + 10_000, maybeSent: false });
    expect(await client.get("job")).toMatchObject({ skipped: 6, givenUp: 1 });
    // The one that came due at that moment has not been attempted yet: it has its own time.
    broker.isOut = false;
    await clock.advance(3_000);
    expect(await client.get("job")).toMatchObject({ runs: 1, skipped: 6, givenUp: 1 });
  });

  it("starts afresh with a new definition", async () => {
    const { clock, client, lead } = world();
    const { publisher } = switchedPublisher();
    const { deadLetter, taken } = deadLetters();
    await lead({ publisher, deadLetter, giveUpAfterMs: 30_000 });
    await client.put("job", { task: "bad", schedule: "1h", firstRun: "now" });
    await clock.advance(20_000);
    await client.put("job", { task: "bad", schedule: "1h", firstRun: "now", args: [2] });
    await clock.advance(20_000);
    expect(taken).toEqual([]);
    await clock.advance(20_000);
    expect(taken.map(({ message }) => message.args)).toEqual([[2]]);
  });

  it("goes to a publisher as a dead letter with the facts, which is checked and named", async () => {
    const { clock, client, lead } = world();
    const { publisher } = switchedPublisher();
    const second = { ...recordingPublisher(), name: "second", checkHealth: () => Promise.resolve([]) };
    await lead({
      publisher,
      deadLetter: second,
      giveUpAfterMs: 5_000,
      schedule: { bad: { ...every10s, task: "bad" } },
    });
    await clock.advance(5_000);
    expect((await client.status()).deadLetter).toMatchObject({ name: "second", state: "works" });
    await clock.advance(20_000);
    expect(second.messages[0]).toMatchObject({
      entry: "bad",
      failure: { reason: "publisher", error: "bad is too large", failedSince: START + 10_000, maybeSent: false },
    });
  });

  it("makes no busy loop: neither of the queue that fails, nor of the dead letter", async () => {
    const { clock, lead } = world();
    const { publisher, broker } = switchedPublisher();
    let [attempts, asked] = [0, 0];
    const publish: Publisher["publish"] = (...args) => ((attempts += 1), publisher.publish(...args));
    const deadLetter: DeadLetterFunction = () => ((asked += 1), Promise.reject(new Error("down")));
    await lead({ publisher: { ...publisher, publish }, deadLetter, giveUpAfterMs: 1, schedule: { job: every10s } });
    broker.isOut = true;
    await clock.advance(5 * MINUTE);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(40);
    expect(attempts).toBeLessThan(5 * 60 * 3);
  });
});

it.each([
  [{ giveUpAfterMs: 0 }, /giveUpAfterMs is 0: expected a whole number/],
  [{ giveUpAfterMs: "1h" }, /giveUpAfterMs is "1h"/],
  [{ deadLetter: 7 }, /deadLetter is .*number.*: expected a URI, a publisher or a function/],
  [{ deadLetter: "dummy:", publisher: "dummy:" }, /deadLetter is the publisher itself: name another queue/],
  [{ deadLetter: "no uri" }, /not a URI/],
  [
    { schedule: { job: { ...every10s, giveUpAfterMs: -1 } } },
    /schedule\.job\.giveUpAfterMs is -1: expected a whole number/,
  ],
])("refuses %o", (wrong, words) => {
  const options = { store: "dummy:", publisher: () => Promise.resolve(), ...wrong };
  expect(() => createBeat(options as unknown as BeatOptions)).toThrow(ConfigError);
  expect(() => createBeat(options as unknown as BeatOptions)).toThrow(words);
});
