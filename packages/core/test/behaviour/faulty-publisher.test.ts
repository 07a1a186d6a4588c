import { describe, expect, it } from "vitest";

import { PublishError } from "../../src/base/errors.js";
import type { Message, Publisher, PublishFunction } from "../../src/contract/publisher.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { everySecond, notingLogger, secondsOf, world } from "../world.js";

const everyMinute = { task: "t", schedule: "1m" };

describe("a broker in trouble", () => {
  it("delays occurrences, which go out in order when it is back", async () => {
    const { clock, run } = world();
    const publisher = recordingPublisher();
    const beat = await run({ publisher, schedule: { ping: everySecond, other: everySecond } });
    const errors: Error[] = [];
    beat.on("error", (error) => errors.push(error));
    await clock.advance(1_500);
    publisher.failNext(3, "ping");
    await clock.advance(10_000);
    const instants = secondsOf(publisher.messages, "ping");
    expect(errors).toHaveLength(3);
    expect(new Set(instants).size).toBe(11);
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
    expect(secondsOf(publisher.messages, "other")).toHaveLength(11);
  });
});

describe("an entry that fails alone", () => {
  it("because its function hangs does not make others go out twice", async () => {
    const { clock, run } = world();
    const sent: Message[] = [];
    const publisher = (message: Message): Promise<unknown> =>
      message.entry === "hangs" ? new Promise(() => undefined) : Promise.resolve(sent.push(message));
    await run({ publisher, schedule: { hangs: everyMinute, ping: everyMinute } });
    await clock.advance(10 * 60_000 + 30_000);
    const minutes = secondsOf(sent).map((second) => second / 60);
    expect(minutes).toEqual([...new Set(minutes)]);
    expect(minutes.at(-1)).toBe(10);
  });

  it("is not logged as an outage of the publisher at each attempt", async () => {
    const { clock, run } = world();
    const lines: string[] = [];
    const publisher = (message: Message): Promise<unknown> =>
      message.entry === "bad" ? Promise.reject(new Error("no such queue")) : Promise.resolve();
    await run({ publisher, logger: notingLogger(lines), schedule: { bad: everyMinute, ping: everySecond } });
    await clock.advance(600_000);
    expect(lines.filter((line) => line.startsWith("publisher: ")).length).toBeLessThan(3);
    expect(lines.filter((line) => line.startsWith("bad: no such queue")).length).toBeGreaterThan(0);
  });
});

describe("entries that fail on their own account", () => {
  it("are no outage of the publisher when they are tried again together", async () => {
    const { clock, client, run } = world();
    const lines: string[] = [];
    const publisher = (message: Message): Promise<unknown> =>
      message.entry === "good" ? Promise.resolve() : Promise.reject(new Error("no such queue"));
    const schedule = { bad: everyMinute, worse: everyMinute, good: everyMinute };
    // Without chance, both wait for the same time.
    await run({ publisher, logger: notingLogger(lines), random: () => 0.5, schedule });
    for (let second = 0; second < 300; second += 1) {
      await clock.advance(1_000);
      expect((await client.status()).publisher?.state, `after ${second + 1} s`).not.toBe("failing");
    }
    expect(lines.filter((line) => line.startsWith("publisher: "))).toEqual([]);
    expect((await client.status()).failing.map(({ entry }) => entry).sort()).toEqual(["bad", "worse"]);
  });
});

describe("a publisher that answers for too few messages", () => {
  it("is reported, and does not get everything again and again", async () => {
    const { clock, run } = world();
    const sent: Message[] = [];
    const publisher = {
      ...recordingPublisher(),
      publish: (messages: readonly Message[]) => Promise.resolve(void sent.push(...messages)),
    } as unknown as Publisher;
    const beat = await run({ publisher, schedule: { ping: everyMinute } });
    const errors: string[] = [];
    beat.on("error", ({ message }) => errors.push(message));
    await clock.advance(90_000);
    expect(sent.length).toBeLessThan(20);
    expect(errors.join()).toMatch(/recording.*contract/);
  });
});

describe("many occurrences that are due at once", () => {
  const schedule = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`e${index}`, everyMinute]));

  it.each([
    ["a function", { publisher: () => new Promise<void>((resolve) => void setImmediate(resolve)) }],
    ["handlers", { handlers: { t: () => new Promise(() => undefined) } }],
  ])("cause no warning of a leak (%s)", async (_name, options) => {
    const { clock, run } = world();
    const warnings: string[] = [];
    const note = ({ name }: Error): void => void warnings.push(name);
    process.on("warning", note);
    await run({ ...options, schedule });
    await clock.advance(61_000);
    await new Promise((resolve) => void setImmediate(resolve));
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });
});

describe("a publisher of another author", () => {
  it("that is a function and returns no promise is called once per occurrence", async () => {
    const { clock, run } = world();
    const taken: Message[] = [];
    const publisher = ((message: Message) => void taken.push(message)) as unknown as PublishFunction;
    await run({ publisher, schedule: { ping: everyMinute } });
    await clock.advance(90_000);
    expect(secondsOf(taken)).toEqual([60]);
  });

  it("that cannot leave its mark causes one error event per attempt", async () => {
    const { clock, outbox, run } = world();
    let asked = 0;
    const leaveMark = (): Promise<never> => {
      asked += 1;
      return Promise.reject(new PublishError("away"));
    };
    const publisher = { ...outbox, outbox: { ...outbox.outbox, leaveMark } };
    const beat = await run({ publisher, schedule: { ping: everyMinute } });
    let errors = 0;
    beat.on("error", () => (errors += 1));
    const before = asked;
    await clock.advance(75_000);
    expect(asked).toBeGreaterThan(before);
    expect(errors).toBe(asked - before);
  });
});
