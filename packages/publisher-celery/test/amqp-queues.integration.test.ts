import { createBeat, interval, silentLogger } from "@beatx/core";
import type { BeatOptions, Message, Publisher } from "@beatx/core";
import { celeryAmqpPublisher } from "@beatx/publisher-celery";
import type { CeleryAmqpOptions } from "@beatx/publisher-celery";
import { storeProvider } from "@beatx/store-redis";
import { startCeleryWorker, startRedis, waitFor } from "@beatx/test-servers";
import type { CeleryWorker, RedisServer } from "@beatx/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { nextMessage, send, setUpRabbit } from "./amqp-fixture.js";
import { onChannel } from "./rabbit-queue.js";

const fixture = setUpRabbit();
const QUORUM = { "x-queue-type": "quorum" };
const DEAD_LETTER = { "x-dead-letter-exchange": "failed", "x-dead-letter-routing-key": "late" };

let redis: RedisServer;
let beats = 0;
const workers: CeleryWorker[] = [];

beforeAll(async () => void (redis = await startRedis()));
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.stop())));
afterAll(() => redis?.stop());

async function startWorker(queue: string, queueArguments: Readonly<Record<string, unknown>>): Promise<CeleryWorker> {
  const place = { broker: fixture.rabbit.uri, record: `${redis.uri}/15`, key: queue };
  const worker = await startCeleryWorker({ ...place, queues: [queue], queueArguments, prefetch: 0 });
  workers.push(worker);
  return worker;
}

/** A publisher to which nobody said how to declare a queue, unless the options do. */
function open(options: Partial<CeleryAmqpOptions> = {}): Publisher {
  return fixture.openPublisher({ createMissingQueues: undefined, ...options });
}

/** Sends until it is taken; it was certainly not sent before. */
async function sendUntilTaken(publisher: Publisher, message: Message): Promise<void> {
  await waitFor("the message to be taken", async () => {
    const [error] = await send(publisher, [message]);
    if (error) expect(error).toMatchObject({ notSent: true });
    return error === undefined;
  });
}

/** Where a beat of its own keeps its schedule. */
function place(): Pick<BeatOptions, "store" | "stores" | "namespace" | "lockTtlMs" | "logger"> {
  const namespace = `beat-${(beats += 1)}`;
  return { store: `${redis.uri}/0`, stores: [storeProvider], namespace, lockTtlMs: 3000, logger: silentLogger };
}

/** Name, type and arguments of the queues of the broker. */
async function queues(): Promise<string[]> {
  return (await fixture.rabbit.ctl("list_queues", "--quiet", "--no-table-headers", "name", "type", "arguments")).split(
    "\n",
  );
}

describe("a queue that no worker has declared yet", () => {
  it("is not declared: its messages are errors that name the way out, and the others go on", async () => {
    await onChannel(fixture.rabbit.uri, (channel) => channel.assertQueue("tests", { durable: true }));
    const publisher = open();
    const good = nextMessage();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const answers = await send(publisher, [nextMessage({ queue: "absent" }), good, nextMessage({ queue: "absent" })]);
      const missing = expect.objectContaining({
        code: "PUBLISH",
        notSent: true,
        message: expect.stringMatching(
          /^the queue "absent" does not exist on the broker at amqp:\/\/127.*start the worker.*"queueType" to "classic" or "quorum"/,
        ) as string,
      }) as unknown;
      expect(answers).toEqual([missing, undefined, missing]);
    }
    expect((await queues()).filter((line) => line.startsWith("absent"))).toEqual([]);
    expect(await fixture.idsIn("tests")).toEqual([good.id, good.id]);
  });

  it.each([
    ["quorum", QUORUM],
    ["with-dead-letters", DEAD_LETTER],
    ["with-both", { ...QUORUM, ...DEAD_LETTER }],
  ])("is found as soon as a real worker declares it: %s", async (queue, args) => {
    const publisher = open();
    const message = nextMessage({ queue });
    expect((await send(publisher, [message]))[0]?.message).toContain(`"${queue}" does not exist`);
    const worker = await startWorker(queue, args);
    await sendUntilTaken(publisher, message);
    const [record, ...others] = await worker.waitForReceived(1);
    expect([record?.id, others]).toEqual([message.id, []]);
  });

  it.each(["at-least-once", "at-most-once"] as const)(
    "costs a beat no occurrence, and leaves none uncertain, with %s delivery",
    async (delivery) => {
      const uri = `celery+${fixture.rabbit.uri}`;
      const errors: string[] = [];
      const uncertain: string[] = [];
      const sent: { readonly id: string; readonly scheduledAt: number }[] = [];
      const entry = {
        task: "tasks.echo",
        schedule: interval("1s"),
        missed: "all",
        options: { queue: delivery },
      } as const;
      const beat = createBeat({
        delivery,
        publisher: celeryAmqpPublisher({ uri, defaultQueue: delivery }),
        schedule: { entry },
        ...place(),
      });
      beat.on("error", ({ message }) => void errors.push(message));
      beat.on("uncertain", ({ id }) => void uncertain.push(id));
      beat.on("published", (event) => void sent.push(event));
      try {
        await beat.start();
        await waitFor("failed attempts", () => errors.length >= 2);
        const worker = await startWorker(delivery, QUORUM);
        await waitFor("occurrences", () => sent.length >= 3);
        await beat.stop();
        const received = (await worker.waitForReceived(sent.length)).map(({ id }) => id);
        expect(received.toSorted()).toEqual(sent.map(({ id }) => id).toSorted());
      } finally {
        await beat.stop();
      }
      expect(errors[0]).toContain(`the queue "${delivery}" does not exist on the broker at amqp://`);
      const [first, ...others] = sent.map(({ scheduledAt }) => scheduledAt);
      expect(others).toEqual(others.map((_, index) => first! + 1000 * (index + 1)));
      expect(uncertain).toEqual([]);
    },
  );

  it("is never declared by a publisher that is told not to, whatever an entry says", async () => {
    const publisher = open({ createMissingQueues: false });
    const [error] = await send(publisher, [nextMessage({ queue: "never", queue_type: "quorum" })]);
    expect(error?.message).toMatch(/"never" does not exist.*: start the worker that declares it$/);
  });
});

describe("a queue that beatx is told how to declare", () => {
  it.each<[queue: string, given: Partial<CeleryAmqpOptions>, query: string, worker: Record<string, unknown>]>([
    ["of-options", { queueType: "quorum", queueArguments: DEAD_LETTER }, "", { ...QUORUM, ...DEAD_LETTER }],
    ["of-the-uri", {}, "?queue_type=quorum", QUORUM],
  ])("suits a real worker that starts later: %s", async (queue, given, query, args) => {
    const message = nextMessage({ queue });
    expect(await send(open({ uri: `celery+${fixture.rabbit.uri}${query}`, ...given }), [message])).toEqual([undefined]);
    const [record] = await (await startWorker(queue, args)).waitForReceived(1);
    expect(record?.id).toBe(message.id);
  });

  it("has the arguments of its entry besides the publisher's", async () => {
    const publisher = open({ queueType: "quorum", queueArguments: { "x-max-length": 1000, "x-expires": 3_600_000 } });
    const own = { queue_arguments: { ...DEAD_LETTER, "x-expires": null } };
    const messages = [nextMessage({ queue: "own", ...own }), nextMessage({ queue: "plain" })];
    expect(await send(publisher, messages)).toEqual([undefined, undefined]);
    const worker = await startWorker("own", { ...QUORUM, ...DEAD_LETTER, "x-max-length": 1000 });
    expect((await worker.waitForReceived(1))[0]?.id).toBe(messages[0]!.id);
    expect((await queues()).find((line) => line.startsWith("plain"))).toContain("x-expires");
  });

  it("is the only one that is declared, if its entry says how and the publisher does not", async () => {
    const messages = [nextMessage({ queue: "told", queue_type: "quorum" }), nextMessage({ queue: "untold" })];
    const answers = await send(open(), messages);
    expect(answers).toEqual([undefined, expect.objectContaining({ notSent: true })]);
    const lines = await queues();
    expect(lines.filter((line) => /^(un)?told\t/.test(line))).toEqual([expect.stringMatching(/^told\tquorum\t/)]);
  });

  it("leaves the exchange of its name to the workers, of whatever type it is", async () => {
    expect(await send(open({ queueType: "classic" }), [nextMessage({ queue: "topical" })])).toEqual([undefined]);
    await onChannel(fixture.rabbit.uri, (channel) => channel.assertExchange("topical", "topic", { durable: true }));
  });
});

describe("a queue that exists", () => {
  it.each<[string, Partial<CeleryAmqpOptions>]>([
    ["nobody says how to declare it", {}],
    ["the publisher would declare another kind", { queueType: "classic", queueMaxPriority: 5 }],
    ["the publisher declares missing ones", { createMissingQueues: true }],
  ])("is used as a real worker declared it, though %s", async (how, options) => {
    const queue = how.replaceAll(" ", "-");
    const worker = await startWorker(queue, { ...QUORUM, ...DEAD_LETTER });
    const messages = [nextMessage({ queue }), nextMessage({ queue })];
    expect(await send(open(options), messages)).toEqual([undefined, undefined]);
    const records = await worker.waitForReceived(2);
    expect(records.map(({ id }) => id)).toEqual(messages.map(({ id }) => id));
  });

  it("and is deleted while messages are sent to it costs no message of another queue", async () => {
    const publisher = open();
    const messages = Array.from({ length: 400 }, (_, index) => nextMessage({ queue: index % 2 ? "stays" : "goes" }));
    const answers = await onChannel(fixture.rabbit.uri, async (channel) => {
      await Promise.all(["stays", "goes"].map((queue) => channel.assertQueue(queue, { durable: true })));
      expect(await send(publisher, [nextMessage({ queue: "goes" })])).toEqual([undefined]);
      const sending = send(publisher, messages);
      await new Promise(setImmediate);
      await channel.deleteQueue("goes");
      return sending;
    });
    const toStays = messages.filter((_, index) => index % 2 === 1).map(({ id }) => id);
    expect(await fixture.idsIn("stays")).toEqual(toStays);
    const failed = answers.filter((error) => error !== undefined);
    for (const error of failed) {
      expect(error).toMatchObject({
        notSent: true,
        message: expect.stringContaining('"goes" does not exist') as string,
      });
    }
    const again = nextMessage({ queue: "goes" });
    expect(await send(publisher, [again])).toEqual([expect.objectContaining({ notSent: true })]);
    const worker = await startWorker("goes", QUORUM);
    await sendUntilTaken(publisher, again);
    expect((await worker.waitForReceived(1)).map(({ id }) => id)).toEqual([again.id]);
  });

  it("needs no permission to declare, only to write", async () => {
    await onChannel(fixture.rabbit.uri, (channel) => channel.assertQueue("theirs", { durable: true }));
    await fixture.rabbit.ctl("add_user", "writer", "writer");
    await fixture.rabbit.ctl("set_permissions", "writer", "^$", "^amq\\.default$", "^$");
    const uri = `celery+amqp://writer:writer@127.0.0.1:${fixture.rabbit.port}//`;
    const messages = [nextMessage({ queue: "theirs" }), nextMessage({ queue: "unknown" })];
    const answers = await send(open({ uri, queueType: "classic" }), messages);
    const refused = expect.stringMatching(
      /"unknown" cannot be declared.*ACCESS_REFUSED.*permission configure.*start a worker/,
    ) as string;
    expect(answers).toEqual([undefined, expect.objectContaining({ message: refused, notSent: true })]);
    expect(await fixture.idsIn("theirs")).toEqual([messages[0]!.id]);
  });
});
