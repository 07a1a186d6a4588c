import { BeatxError, type PublisherOptions } from "@beatx/core";
import { PUBLISHER_CONTRACT } from "@beatx/core/adapter";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { sampleMessage } from "../test/sample-message.js";
import { publisherProvider } from "./provider.js";
import { celeryRedisPublisher } from "./redis/publisher.js";

describe("publisherProvider", () => {
  it("opens without asking the broker", async () => {
    const publisher = await publisherProvider.open("celery+redis://127.0.0.1:1/0");
    expect(publisher).toMatchObject({ contract: PUBLISHER_CONTRACT, name: "celery+redis", delivery: "exactly-once" });
    await publisher.close();
    await publisher.close();
  });

  it("rejects later calls after close", async () => {
    const publisher = await publisherProvider.open("celery+redis://127.0.0.1:1/0");
    await publisher.close();
    const error: unknown = await publisher.outbox!.leaveMark().catch((reason: unknown) => reason);
    expect(BeatxError.hasCode(error, "CLOSED")).toBe(true);
  });

  it.each(["celery+amqp://127.0.0.1:1//", "celery+amqps://127.0.0.1:1/vhost"])("opens %s", async (uri) => {
    const publisher = await publisherProvider.open(uri);
    expect(publisher).toMatchObject({ contract: PUBLISHER_CONTRACT, name: "celery+amqp", delivery: "at-least-once" });
    expect(publisher.outbox).toBeUndefined();
    await publisher.close();
    await publisher.close();
    const failure = publisher.publish([sampleMessage()], { signal: new AbortController().signal });
    await expect(failure).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("lists its schemes for one that it does not have", async () => {
    const failure = publisherProvider.open("celery+sqs://me:secret@host");
    await expect(failure).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringMatching(/\/\/\*\*\*@host.*celery\+redis: .*celery\+amqp: /) as string,
    });
  });

  it.each([
    [{ heartbeatMs: 1500 }, "heartbeatMs"],
    [{ queueMaxPriority: 0 }, "queueMaxPriority"],
    [{ createMissingQueues: "no" }, "createMissingQueues"],
    [{ queueType: "stream" }, 'expected "classic" or "quorum"'],
    [{ queueArguments: ["x-expires"] }, "queueArguments"],
    [{ queueArguments: { "": 1 } }, "queueArguments"],
    [{ queueType: "quorum", queueArguments: { "x-queue-type": "classic" } }, "queueType"],
    [{ queueMaxPriority: 5, queueArguments: { "x-max-priority": 9 } }, "queueMaxPriority"],
    [{ globalKeyprefix: "pfx:" }, "globalKeyprefix"],
    [{ overlapRedis: 5 }, "overlapRedis"],
    [{ overlapRedis: "http://127.0.0.1" }, "redis-sentinel:"],
    [{ overlapRedis: "redis://127.0.0.1/x" }, "database"],
    [{ tls: { ca: "…" } }, "celery+amqps:"],
  ])("rejects the options %o for RabbitMQ", async (options, name) => {
    const open = publisherProvider.open("celery+amqp://127.0.0.1:1//", options);
    await expect(open).rejects.toMatchObject({ code: "CONFIG", message: expect.stringContaining(name) as string });
  });

  it.each([
    [{ publishTimeoutMs: 0 }, "publishTimeoutMs"],
    [{ publishTimeoutMs: "5s" }, "publishTimeoutMs"],
    [{ defaultQueue: "" }, "defaultQueue"],
    [{ globalKeyprefix: 5 }, "globalKeyprefix"],
    [{ globalKeyPrefix: "pfx:" }, "globalKeyPrefix"],
    [{ tls: { ca: "…" } }, "celery+rediss:"],
    [{ sentinelPassword: "…" }, "celery+redis-sentinel:"],
  ])("rejects the options %o", async (options, name) => {
    const open = publisherProvider.open("celery+redis://127.0.0.1:1/0", options as PublisherOptions);
    await expect(open).rejects.toMatchObject({ code: "CONFIG", message: expect.stringContaining(name) as string });
  });
});

describe("celeryRedisPublisher", () => {
  it("takes either a URI or a client", () => {
    expect(() => celeryRedisPublisher({})).toThrow("exactly one");
    const client = new Redis({ lazyConnect: true });
    expect(() => celeryRedisPublisher({ client, uri: "celery+redis://h" })).toThrow("exactly one");
    expect(celeryRedisPublisher({ client }).name).toBe("celery+redis");
  });

  it("refuses a client that renames keys", () => {
    const client = new Redis({ lazyConnect: true, keyPrefix: "app:" });
    expect(() => celeryRedisPublisher({ client })).toThrow("globalKeyprefix");
  });
});
