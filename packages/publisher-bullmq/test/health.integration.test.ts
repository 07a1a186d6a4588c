import type { Publisher } from "@beatx/core";
import { bullmqPublisher } from "@beatx/publisher-bullmq";
import { startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { Queue } from "bullmq";
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
  const publisher = bullmqPublisher({ uri: `bullmq+redis://${credentials}127.0.0.1:${port}/0`, publishTimeoutMs });
  ends.push(() => publisher.close());
  return publisher;
}

const check = (publisher: Publisher): Promise<readonly string[]> => publisher.checkHealth!({ signal: never });

/** The error of a health check names the server and no secret. */
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

describe("the health of the Redis of BullMQ", () => {
  it("is good if it takes jobs; the check writes nothing", async () => {
    const server = await start();
    const publisher = open(server);
    expect(await check(publisher)).toEqual([]);
    expect(await server.cli("DBSIZE")).toBe("0");
    await publisher.publish([sampleMessage({ options: { queue: "mail", priority: 2 } })], { signal: never });
    expect(await check(publisher)).toEqual([]);
    expect(await server.cli("ZCARD", "bull:mail:prioritized")).toBe("1");
  });

  it("warns of a queue that is paused, and of one that another major version keeps", async () => {
    const server = await start();
    const queue = new Queue("beatx", { connection: { port: server.port } });
    ends.push(() => queue.close());
    await queue.waitUntilReady();
    await queue.pause();
    expect(await check(open(server))).toEqual(['the queue "beatx" is paused: its jobs wait until it is resumed']);
    await queue.resume();
    await server.cli("HSET", "bull:beatx:meta", "version", "bullmq:4.17.0");
    expect(await check(open(server))).toEqual([
      expect.stringMatching(/^the queue "beatx" is kept by bullmq:4\.17\.0, and the jobs are written by bullmq:6\./),
    ]);
  });

  it("is bad if the server does not run, refuses the password, does not answer or is full", async () => {
    const dead = await start();
    await dead.kill();
    expect(await sickness(dead, open(dead))).toMatch(/ECONNREFUSED.*; check that it is running/);

    const closed = await start("--requirepass", SECRET);
    const stranger = open(closed, 30_000, `:${SECRET}-not@`);
    await waitFor("the refusal", async () => /WRONGPASS.*|NOAUTH/.test(await sickness(closed, stranger)));

    const silent = await start();
    const waiting = open(silent, 700);
    await waitFor("the connection", () =>
      check(waiting).then(
        () => true,
        () => false,
      ),
    );
    silent.pause();
    expect(await sickness(silent, waiting)).toMatch(/did not answer within 700 ms/);

    const full = await start("--maxmemory", "100kb");
    expect(await sickness(full, open(full))).toMatch(/reached maxmemory and takes no writes/);
  });

  it("is bad if the server is a replica or a key has another type", async () => {
    const [server, replica] = [await start(), await start()];
    await replica.cli("REPLICAOF", "127.0.0.1", String(server.port));
    expect(await sickness(replica, open(replica))).toMatch(/is a replica .* pass the sentinels as `connection`/);
    await server.cli("SET", "bull:beatx:wait", "text");
    expect(await sickness(server, open(server))).toMatch(/the key "bull:beatx:wait" is not a list but a string/);
  });

  it("is good with a warning if a key of only one of its queues has another type", async () => {
    const server = await start();
    const publisher = open(server);
    for (const queue of ["mail", "video"]) {
      await publisher.publish([sampleMessage({ entry: queue, options: { queue } })], { signal: never });
    }
    await server.cli("SET", "bull:video:meta", "text");
    expect(await check(publisher)).toEqual([expect.stringMatching(/the key "bull:video:meta" is not a hash/)]);
  });
});
