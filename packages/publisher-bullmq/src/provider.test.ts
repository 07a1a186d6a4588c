import { BeatxError, type PublisherOptions } from "@beatx/core";
import { PUBLISHER_CONTRACT } from "@beatx/core/adapter";
import { Cluster, Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { bullmqPublisher } from "./bullmq-publisher.js";
import { publisherProvider } from "./provider.js";

const uri = "bullmq+redis://127.0.0.1:1/0";

describe("publisherProvider", () => {
  it("opens without asking the server", async () => {
    const publisher = await publisherProvider.open(uri);
    expect(publisher).toMatchObject({ contract: PUBLISHER_CONTRACT, name: "bullmq+redis", delivery: "at-least-once" });
    expect(publisher.outbox).toBeUndefined();
    await publisher.close();
    await publisher.close();
  });

  it("rejects calls after close, even those with nothing to send", async () => {
    const publisher = await publisherProvider.open(uri);
    await publisher.close();
    const call = publisher.publish([], { signal: new AbortController().signal });
    expect(BeatxError.hasCode(await call.catch((error: unknown) => error), "CLOSED")).toBe(true);
  });

  it.each([
    [{ publishTimeoutMs: 0 }, "publishTimeoutMs"],
    [{ publishTimeoutMs: "5s" }, "publishTimeoutMs"],
    [{ queue: "" }, "queue"],
    [{ queue: "a:b" }, '":"'],
    [{ prefix: 5 }, "prefix"],
    [{ Prefix: "bull" }, "Prefix"],
    [{ tls: { ca: "…" } }, "bullmq+rediss:"],
    [{ connection: {} }, "exactly one"],
  ])("rejects the options %o", async (options, name) => {
    const open = publisherProvider.open(uri, options as PublisherOptions);
    await expect(open).rejects.toMatchObject({ code: "CONFIG", message: expect.stringContaining(name) as string });
  });
});

describe("bullmqPublisher", () => {
  it("takes either a URI or a connection", () => {
    expect(() => bullmqPublisher({})).toThrow("exactly one");
    expect(bullmqPublisher({ connection: new Redis({ lazyConnect: true }) }).name).toBe("bullmq+redis");
    expect(bullmqPublisher({ connection: { host: "h", port: 1 } }).name).toBe("bullmq+redis");
  });

  it("refuses a connection that renames keys", () => {
    const connection = { lazyConnect: true, keyPrefix: "app:" };
    for (const given of [connection, new Redis(connection)]) {
      expect(() => bullmqPublisher({ connection: given })).toThrow("keyPrefix");
    }
  });

  it("refuses a cluster without a prefix that keeps its keys in one slot", () => {
    const connection = new Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true });
    expect(() => bullmqPublisher({ connection })).toThrow('"{bull}"');
    expect(bullmqPublisher({ connection, prefix: "{shop}" }).name).toBe("bullmq+redis");
  });
});
