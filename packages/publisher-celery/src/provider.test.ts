import { BeatxError, PUBLISHER_CONTRACT } from "@beatx/core";
import type { PublisherOptions } from "@beatx/core";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { publisherProvider } from "./provider.js";
import { celeryRedisPublisher } from "./redis-publisher.js";

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

  it.each([
    [{ publishTimeoutMs: 0 }, "publishTimeoutMs"],
    [{ publishTimeoutMs: "5s" }, "publishTimeoutMs"],
    [{ defaultQueue: "" }, "defaultQueue"],
    [{ globalKeyprefix: 5 }, "globalKeyprefix"],
    [{ globalKeyPrefix: "pfx:" }, "globalKeyPrefix"],
    [{ tls: { ca: "…" } }, "celery+rediss:"],
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
