import type { Publisher } from "@beatx/core";
import { celeryRedisPublisher } from "@beatx/publisher-celery";
import { startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { afterEach, describe, expect, it } from "vitest";
import { sampleMessage } from "./sample-message.js";

const SECRET = "secret-of-the-test";
const never = new AbortController().signal;
const ends: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(...args: string[]): Promise<RedisServer> {
  const server = await startRedis({ args });
  ends.push(() => server.stop());
  ends.push(() => server.resume());
  return server;
}

function open({ port }: RedisServer, publishTimeoutMs = 30_000, credentials = ""): Publisher {
  const publisher = celeryRedisPublisher({ uri: `celery+redis://${credentials}127.0.0.1:${port}/0`, publishTimeoutMs });
  ends.push(() => publisher.close());
  return publisher;
}

const check = (publisher: Publisher): Promise<readonly string[]> => publisher.checkHealth!({ signal: never });

/** The error of a health check names the broker and no secret. */
async function sickness(server: RedisServer, publisher: Publisher): Promise<string> {
  const error = await check(publisher).then(
    () => expect.unreachable("it should be ill"),
    (reason: unknown) => reason as Error,
  );
  expect(error).toMatchObject({ code: "PUBLISH" });
  expect(error.message).toContain(`127.0.0.1:${server.port}`);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(SECRET);
  return error.message;
}

describe("the health of a Redis broker", () => {
  it("is good if it takes messages; the check writes nothing", async () => {
    const server = await start();
    const publisher = open(server);
    expect(await check(publisher)).toEqual([]);
    expect(await server.cli("DBSIZE")).toBe("0");
    await publisher.publish([sampleMessage()], { signal: never });
    expect(await check(publisher)).toEqual([]);
    expect(await server.cli("LLEN", "celery")).toBe("1");
  });

  it("is bad if the server does not run, and good when it is back", async () => {
    const server = await start();
    const publisher = open(server);
    await server.kill();
    expect(await sickness(server, publisher)).toMatch(/ECONNREFUSED.*; check that it is running/);
    await server.restart();
    await waitFor("the server to be back", () =>
      check(publisher).then(
        () => true,
        () => false,
      ),
    );
  });

  it("is bad if the password is wrong or missing", async () => {
    const server = await start("--requirepass", SECRET);
    for (const credentials of [`:${SECRET}-not@`, ""]) {
      const publisher = open(server, 30_000, credentials);
      const words = await waitFor("the refusal", async () => {
        const message = await sickness(server, publisher);
        return /WRONGPASS|NOAUTH/.test(message) && message;
      });
      expect(words).toContain("check those in the URI");
    }
  });

  it("is bad if the server does not answer, and says for how long and since when", async () => {
    const server = await start();
    const publisher = open(server, 700);
    await waitFor("the connection", () =>
      check(publisher).then(
        () => true,
        () => false,
      ),
    );
    server.pause();
    expect(await sickness(server, publisher)).toMatch(/did not answer within 700 ms/);
    const words = await waitFor("the moment", async () => {
      const message = await sickness(server, publisher);
      return message.includes("since") && message;
    });
    expect(words).toMatch(/within 700 ms; silent since \d{4}-\d\d-\d\dT/);
  });

  it("is bad if clients are paused by command", async () => {
    const server = await start();
    const publisher = open(server, 700);
    await waitFor("the connection", () =>
      check(publisher).then(
        () => true,
        () => false,
      ),
    );
    await server.cli("CLIENT", "PAUSE", "600000", "ALL");
    expect(await sickness(server, publisher)).toMatch(/did not answer within|no connection to/);
  });

  it("is bad if the memory is full", async () => {
    const server = await start("--maxmemory", "100kb");
    expect(await sickness(server, open(server))).toMatch(/reached maxmemory and takes no writes: raise maxmemory/);
  });

  it("is good with a warning if a full memory would drop messages", async () => {
    const server = await start("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru");
    const publisher = open(server);
    const [warning, ...others] = await check(publisher);
    expect(warning).toMatch(/127\.0\.0\.1:\d+\/0 may drop queued messages .*allkeys-lru\): set it to noeviction/);
    expect(others).toEqual([]);
    await server.cli("CONFIG", "SET", "maxmemory-policy", "volatile-lru");
    expect(await check(publisher)).toEqual([]);
  });

  it("is bad if the server is a replica", async () => {
    const [master, replica] = [await start(), await start()];
    await replica.cli("REPLICAOF", "127.0.0.1", String(master.port));
    expect(await sickness(replica, open(replica))).toMatch(
      /is a replica and takes no writes: give the master's address/,
    );
  });

  it("is bad if too few replicas are there", async () => {
    const server = await start("--min-replicas-to-write", "1");
    expect(await sickness(server, open(server))).toMatch(/fewer replicas than min-replicas-to-write/);
  });

  it("is bad if a key that messages need has another type", async () => {
    const server = await start();
    await server.cli("SET", "celery", "text");
    expect(await sickness(server, open(server))).toMatch(
      /the key "celery" is not a list but a string.*rename or delete/,
    );
    await server.cli("DEL", "celery");
    const publisher = open(server);
    await publisher.publish([sampleMessage({ options: { queue: "mail" } })], { signal: never });
    await server.cli("DEL", "mail");
    await server.cli("SET", "mail", "text");
    expect(await sickness(server, publisher)).toContain('the key "mail" is not a list');
    await server.cli("DEL", "mail", "{mail}:p");
    await server.cli("SET", "{mail}:p", "text");
    expect(await sickness(server, publisher)).toContain('the key "{mail}:p" is not a zset but a string');
  });

  it("is good with a warning if only one of its queues is refused", async () => {
    const server = await start();
    const publisher = open(server);
    for (const queue of ["mail", "video"]) {
      await publisher.publish([sampleMessage({ entry: queue, options: { queue } })], { signal: never });
    }
    await server.cli("DEL", "video");
    await server.cli("SET", "video", "text");
    expect(await check(publisher)).toEqual([expect.stringMatching(/127\.0\.0\.1.*the key "video" is not a list/)]);
  });
});
