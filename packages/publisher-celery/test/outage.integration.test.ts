import type { Message, Publisher } from "@beatx/core";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { afterEach, describe, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

let server: RedisServer | undefined;
let publisher: Publisher | undefined;

afterEach(async () => {
  server?.resume();
  await publisher?.close();
  await server?.stop();
});

async function start(timeoutMs = 10_000, args: string[] = [], credentials = "", path = "/0") {
  server = await startRedis({ args });
  publisher = celeryRedisPublisher({
    uri: `celery+redis://${credentials}127.0.0.1:${server.port}${path}`,
    publishTimeoutMs: timeoutMs,
  });
  return { server, publisher };
}

let count = 0;
const next = (): Message => sampleMessage({ entry: `entry-${(count += 1)}` });

/** With short deadlines a slow machine may need more than one attempt. */
async function connect(publisher: Publisher): Promise<void> {
  const message = next();
  await waitFor("the first message", () => publisher.publish([message], { signal: open() }));
}

const open = (): AbortSignal => new AbortController().signal;

describe("while the broker is away", () => {
  it("rejects soon when no broker listens, and works as soon as one does", async () => {
    const { server, publisher } = await start(60_000);
    await server.kill();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const failure = publisher.publish([next()], { signal: open() });
      await expect(failure).rejects.toMatchObject({
        code: "PUBLISH",
        message: expect.stringMatching(/ECONNREFUSED.*check/) as string,
      });
    }
    await server.restart();
    const message = next();
    await waitFor("the publisher to recover", () => publisher.publish([message], { signal: open() }));
    expect(await server.cli("LLEN", "celery")).toBe("1");
  });

  it("recovers when the connection breaks", async () => {
    const { server, publisher } = await start();
    await publisher.publish([next()], { signal: open() });
    await server.restart({ empty: true });
    await waitFor("the publisher to recover", () => publisher.publish([next()], { signal: open() }));
    expect(await server.cli("SMEMBERS", "_kombu.binding.celery")).toBe("celery\x06\x16\x06\x16celery");
  });

  it("rejects at its deadline when the server hangs; a copy sent again is no second message", async () => {
    const { server, publisher } = await start(700);
    await connect(publisher);
    server.pause();
    const message = next();
    const failure = publisher.publish([message], { signal: open() });
    await expect(failure).rejects.toMatchObject({
      code: "PUBLISH",
      message: expect.stringContaining("700 ms") as string,
    });
    server.resume();
    // The paused server may still have the first copy in its socket.
    await waitFor("the publisher to recover", () => publisher.publish([message], { signal: open() }));
    expect(await server.cli("LLEN", "celery")).toBe("2");
  });

  it("sends nothing for a signal that was aborted before", async () => {
    const { server, publisher } = await start();
    await expect(publisher.publish([next()], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "PUBLISH",
    });
    await publisher.outbox!.leaveMark();
    expect(await server.cli("EXISTS", "celery")).toBe("0");
  });

  it("stops waiting for a hanging server as soon as the send is called off", async () => {
    const { server, publisher } = await start(600_000);
    await publisher.publish([next()], { signal: open() });
    server.pause();
    const controller = new AbortController();
    const failure = publisher.publish([next()], { signal: controller.signal });
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await expect(failure).rejects.toMatchObject({
      code: "PUBLISH",
      message: expect.stringMatching(
        /^could not publish: the Celery broker at redis:\/\/127\.0\.0\.1:\d+\/0 did not answer within \d+ ms/,
      ) as string,
    });
  });

  it("closes although the server hangs", async () => {
    const { server, publisher } = await start(500);
    await connect(publisher);
    server.pause();
    await publisher.close();
    await expect(publisher.publish([next()], { signal: open() })).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("with a broker that refuses us", () => {
  it("says that the password is wrong without naming it", async () => {
    const { publisher } = await start(5_000, ["--requirepass", "right"], ":wrong-secret@");
    const failure: unknown = await publisher.publish([next()], { signal: open() }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "PUBLISH", message: expect.stringMatching(/WRONGPASS|NOAUTH/) as string });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain("wrong-secret");
  });

  it("works with the right password", async () => {
    const { publisher } = await start(10_000, ["--requirepass", "right"], ":right@");
    expect(await publisher.publish([next()], { signal: open() })).toEqual([undefined]);
  });

  it("never falls back to another database", async () => {
    const { server, publisher } = await start(10_000, [], "", "/99");
    const failure = publisher.publish([next()], { signal: open() });
    await expect(failure).rejects.toMatchObject({
      code: "PUBLISH",
      message: expect.stringContaining("out of range") as string,
    });
    expect(await server.cli("DBSIZE")).toBe("0");
  });

  it("reaches a server over its socket", async () => {
    server = await startRedis({ unixSocket: true });
    publisher = celeryRedisPublisher({ uri: `celery+redis+unix://${server.socketPath}?db=2` });
    expect(await publisher.publish([next()], { signal: open() })).toEqual([undefined]);
    expect(await server.cli("-n", "2", "LLEN", "celery")).toBe("1");
  });
});
