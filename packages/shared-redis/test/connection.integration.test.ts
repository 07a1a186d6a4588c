import { BeatxError, PublishError } from "@beatx/core/adapter";
import { NOW, openRedis, RedisConnection, script } from "@beatx/shared-redis";
import type { ConnectionSettings } from "@beatx/shared-redis";
import { startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { endClient } from "../src/end-client.js";

let server: RedisServer;
const ends: (() => Promise<unknown> | void)[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  server.resume();
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => server?.stop());

function open(database: number, changes: Partial<ConnectionSettings> = {}): RedisConnection {
  const { host, port } = server;
  const timeoutMs = changes.timeoutMs ?? 10_000;
  const connection = new RedisConnection(openRedis({ host, port, db: database }, timeoutMs), {
    place: `the broker at redis://${host}:${port}/${database}`,
    owner: "publisher",
    timeoutMs,
    isOwned: true,
    errorClass: PublishError,
    ...changes,
  });
  ends.push(() => connection.close());
  return connection;
}

const errorOf = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => new Error("it did not reject"),
    (error: unknown) => error as Error,
  );

describe("a connection of our own", () => {
  it("works in its database, also after it was broken", async () => {
    const connection = open(3);
    await connection.run("try", (redis) => redis.set("key", "first"));
    await server.cli("CLIENT", "KILL", "TYPE", "normal");
    await waitFor("the connection to be back", () => connection.run("try", (redis) => redis.set("key", "second")));
    expect(await server.cli("-n", "3", "GET", "key")).toBe("second");
    expect(await server.cli("-n", "0", "DBSIZE")).toBe("0");
  });

  it("never works in another database than its own, and says why each time", async () => {
    const connection = open(99);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const error = await waitFor("the reason", async () => {
        const failure = await errorOf(connection.run("try", (redis) => redis.set("key", "value")));
        return failure.message.includes("out of range") && failure;
      });
      expect(error.message).toMatch(/^could not try: no connection to the broker at redis:\/\/127\.0\.0\.1:\d+\/99: /);
      expect(error).toMatchObject({ notSent: true });
    }
    expect(await server.cli("-n", "0", "EXISTS", "key")).toBe("0");
  });

  it("distinguishes a refusal from silence", async () => {
    const connection = open(0);
    const refusal = await errorOf(connection.run("try", (redis) => redis.call("NOSUCHCOMMAND", "secret")));
    expect(BeatxError.hasCode(refusal, "PUBLISH")).toBe(true);
    expect(refusal.message).toMatch(/^could not try: the broker at \S+ refused a command: ERR unknown command/);
    expect(JSON.stringify(refusal.cause, Object.getOwnPropertyNames(refusal.cause))).not.toContain('secret"');
    expect(refusal.cause).not.toHaveProperty("command");
    expect(await connection.explainRefusal("try", new Error("Connection is closed."))).toBeUndefined();
  });

  it("is not used after the deadline, and is broken then if the settings say so", async () => {
    const connection = open(0, { timeoutMs: 500, breakIfUnanswered: true });
    await waitFor("the connection", () => connection.run("try", (redis) => redis.ping()));
    server.pause();
    const error = await errorOf(connection.run("try", (redis) => redis.ping()));
    expect(error.message).toMatch(/did not answer within 500 ms/);
    expect(error).toMatchObject({ notSent: false });
    expect(connection.client.stream.writable).toBe(false);
  });

  it("is broken once, however much work waits for an answer", async () => {
    const connection = open(0, { timeoutMs: 500, breakIfUnanswered: true });
    await waitFor("the connection", () => connection.run("try", (redis) => redis.ping()));
    const { stream } = connection.client;
    const before = stream.listenerCount("close");
    server.pause();
    const works = Array.from({ length: 12 }, () => errorOf(connection.run("try", (redis) => redis.ping())));
    for (const error of await Promise.all(works)) expect(error.message).toMatch(/did not answer within 500 ms/);
    expect(stream.listenerCount("close")).toBeLessThanOrEqual(before + 1);
  });

  it("is broken as well when work that waits for an answer is called off", async () => {
    const connection = open(0, { breakIfUnanswered: true });
    await waitFor("the connection", () => connection.run("try", (redis) => redis.ping()));
    server.pause();
    const controller = new AbortController();
    const failure = errorOf(connection.run("try", (redis) => redis.ping(), controller.signal));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error("the term has ended"));
    expect(BeatxError.hasCode(await failure, "PUBLISH")).toBe(true);
    expect(connection.client.stream.writable).toBe(false);
  });

  it("is not broken for work that is called off while other work waits for an answer", async () => {
    const connection = open(0, { breakIfUnanswered: true });
    await waitFor("the connection", () => connection.run("try", (redis) => redis.ping()));
    server.pause();
    const controller = new AbortController();
    const failure = errorOf(connection.run("try", (redis) => redis.ping(), controller.signal));
    const other = connection.run("try", (redis) => redis.ping());
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error("the batch was called off"));
    expect(BeatxError.hasCode(await failure, "PUBLISH")).toBe(true);
    server.resume();
    expect(await other).toBe("PONG");
  });

  it("is closed for good, even if the server does not answer", async () => {
    const connection = open(0);
    await connection.run("try", (redis) => redis.ping());
    server.pause();
    await connection.close();
    await connection.close();
    const error = await errorOf(connection.run("try", (redis) => redis.ping()));
    expect(BeatxError.hasCode(error, "CLOSED")).toBe(true);
    expect(error.message).toContain("this publisher was closed");
  });
});

describe("a script", () => {
  it("is run again by a server that lost it", async () => {
    const connection = open(0);
    const time = script(NOW, "return now + ARGV[1]");
    const before = (await connection.runScript("read the time", time, [], [0])) as number;
    await server.cli("SCRIPT", "FLUSH");
    expect(await connection.runScript("read the time", time, [], [1000])).toBeGreaterThanOrEqual(before + 1000);
  });
});

describe("work that is called off", () => {
  it("rejects at once, and sends nothing after it", async () => {
    const connection = open(4);
    const controller = new AbortController();
    let sendMore = (): void => undefined;
    const work = connection.run(
      "write",
      async (redis, mayGoOn) => {
        await redis.set("first", "sent");
        await new Promise<void>((resolve) => (sendMore = resolve));
        mayGoOn();
        await redis.set("second", "sent");
      },
      controller.signal,
    );
    await waitFor("the first command", async () => (await server.cli("-n", "4", "EXISTS", "first")) === "1");
    controller.abort();
    expect(BeatxError.hasCode(await errorOf(work), "PUBLISH")).toBe(true);
    sendMore();
    await connection.run("wait", (redis) => redis.ping());
    expect(await server.cli("-n", "4", "EXISTS", "second")).toBe("0");
  });
});

describe("a client of the application", () => {
  it("stays open when the connection is closed, with its listeners as they were", async () => {
    const client = new Redis({ port: server.port });
    ends.push(() => client.disconnect());
    const listeners = (): number[] => ["error", "ready", "end", "-node"].map((event) => client.listenerCount(event));
    const before = listeners();
    const connection = new RedisConnection(client, {
      place: "the given client",
      owner: "publisher",
      timeoutMs: 10_000,
      isOwned: false,
      errorClass: PublishError,
    });
    expect(await connection.run("try", (redis) => redis.ping())).toBe("PONG");
    await connection.close();
    expect(await client.ping()).toBe("PONG");
    expect(listeners()).toEqual(before);
  });
});

describe("a second connection to the same place", () => {
  it("works in the same database, and ends by itself", async () => {
    const connection = open(5);
    const second = connection.duplicate();
    await second.run("write", (redis) => redis.set("key", "second"));
    await second.close();
    expect(await connection.run("read", (redis) => redis.get("key"))).toBe("second");
    await connection.close();
    expect(() => connection.duplicate()).toThrow("this publisher was closed");
  });
});

describe("ending a client", () => {
  it("waits for answers under way", async () => {
    const client = new Redis({ port: server.port });
    ends.push(() => client.disconnect());
    await client.ping();
    const asked = client.incr("counter");
    await endClient(client, 60_000);
    expect(await asked).toBe(1);
    await waitFor("the client to have ended", () => client.status === "end");
  });

  it("is possible before it was opened, and twice", async () => {
    const client = new Redis({ port: server.port, lazyConnect: true });
    await endClient(client, 60_000);
    await endClient(client, 60_000);
    expect(client.status).toBe("end");
  });
});
