import type { Publisher } from "@beatx/core";
import { bullmqPublisher } from "@beatx/publisher-bullmq";
import type { BeatxJobData, BullmqOptions } from "@beatx/publisher-bullmq";
import { publisherCases, runCase } from "@beatx/publisher-conformance";
import type { PublisherUnderTest } from "@beatx/publisher-conformance";
import { startRedis, startRedisCluster, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { Queue } from "bullmq";
import { Cluster, Redis } from "ioredis";
import { createConnection, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { readJob } from "./received-jobs.js";
import { sampleMessage } from "./sample-message.js";

const never = new AbortController().signal;
const ends: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis({ args });
  ends.push(() => server.stop());
  return server;
}

function open(options: BullmqOptions): Publisher {
  const publisher = bullmqPublisher(options);
  ends.push(() => publisher.close());
  return publisher;
}

const send = (publisher: Publisher, message = sampleMessage()) => publisher.publish([message], { signal: never });

/** With short deadlines a slow machine may need more than one attempt. */
async function connect(publisher: Publisher): Promise<void> {
  const message = sampleMessage();
  await waitFor("the first message", () => send(publisher, message));
}

describe("a server that became a replica", () => {
  /** An address that leads to the port that `target` names when a connection is opened, as a name or a proxy does. */
  async function startProxy(target: () => number): Promise<number> {
    const sockets: Socket[] = [];
    const proxy = createServer((socket) => {
      const far = createConnection(target(), "127.0.0.1");
      sockets.push(socket, far);
      for (const each of [socket, far]) each.on("error", () => undefined);
      socket.pipe(far).pipe(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    });
    return (proxy.address() as AddressInfo).port;
  }

  it("is left for the server that its address leads to now", async () => {
    const [former, next] = [await start(), await start()];
    let target = former.port;
    const port = await startProxy(() => target);
    const publisher = open({ uri: `bullmq+redis://127.0.0.1:${port}/0` });
    expect(await send(publisher)).toEqual([undefined]);
    target = next.port;
    await former.cli("REPLICAOF", "127.0.0.1", String(next.port));
    const message = sampleMessage();
    await waitFor("the message to be taken", async () => (await send(publisher, message))[0] === undefined);
    expect(await next.cli("LLEN", "bull:beatx:wait")).toBe("1");
  });
});

describe("a server that hangs", () => {
  const outageCases = publisherCases.filter(({ topic }) => topic === "outage");

  it.each(outageCases)("is an outage like another: $name", async (outageCase) => {
    const server = await start();
    const queue = new Queue<BeatxJobData>("beatx", { connection: { port: server.port } });
    ends.push(() => queue.close());
    const subject: PublisherUnderTest = {
      open: async () => bullmqPublisher({ uri: `bullmq+${server.uri}/0`, publishTimeoutMs: 3_000 }),
      received: async () => (await queue.getJobs()).map(readJob),
      breakBroker: async () => server.pause(),
      repairBroker: async () => server.resume(),
    };
    // The case about outboxes does not apply: jobs are no plain list pushes.
    expect(await runCase(outageCase, subject)).toBe(!outageCase.name.startsWith("leaveMark"));
  });

  it("is given up at the deadline, and a message sent again is one job", async () => {
    const server = await start();
    const publisher = open({ uri: `bullmq+${server.uri}/0`, publishTimeoutMs: 700 });
    await connect(publisher);
    const before = Number(await server.cli("LLEN", "bull:beatx:wait"));
    server.pause();
    const message = sampleMessage();
    await expect(send(publisher, message)).rejects.toMatchObject({
      code: "PUBLISH",
      message: expect.stringContaining("700 ms") as string,
      notSent: false,
    });
    server.resume();
    await waitFor("the publisher to recover", () => send(publisher, message));
    expect(Number(await server.cli("LLEN", "bull:beatx:wait"))).toBe(before + 1);
  });

  it("is no longer waited for as soon as the send is called off", async () => {
    const server = await start();
    const publisher = open({ uri: `bullmq+${server.uri}/0`, publishTimeoutMs: 600_000 });
    await send(publisher);
    server.pause();
    const controller = new AbortController();
    const sending = publisher.publish([sampleMessage()], { signal: controller.signal });
    controller.abort();
    await expect(sending).rejects.toMatchObject({
      code: "PUBLISH",
      message: expect.stringContaining("called off") as string,
    });
  });

  it("does not stop the publisher from closing", async () => {
    const server = await start();
    const publisher = open({ uri: `bullmq+${server.uri}/0`, publishTimeoutMs: 600_000 });
    await send(publisher);
    server.pause();
    await publisher.close();
    await expect(send(publisher)).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("a server that is absent, or refuses us", () => {
  it("is named, with the reason", async () => {
    const server = await start();
    await server.kill();
    const publisher = open({ uri: `bullmq+redis://:secret@127.0.0.1:${server.port}/0`, publishTimeoutMs: 60_000 });
    const failure: unknown = await send(publisher).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: expect.stringMatching(/ECONNREFUSED.*check/) as string, notSent: true });
    expect(failure).toMatchObject({ message: expect.stringContaining(`redis://127.0.0.1:${server.port}/0`) as string });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain("secret");
  });

  it("says that the password is wrong without naming it", async () => {
    const server = await start(["--requirepass", "right"]);
    const uriWith = (password: string): string => `bullmq+redis://:${password}@127.0.0.1:${server.port}/0`;
    const failure: unknown = await send(open({ uri: uriWith("wrong-secret") })).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: expect.stringMatching(/WRONGPASS|NOAUTH/) as string, notSent: true });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain("wrong-secret");
    expect(await send(open({ uri: uriWith("right") }))).toEqual([undefined]);
  });

  it("is never given the jobs in another database", async () => {
    const server = await start();
    await expect(send(open({ uri: `bullmq+${server.uri}/99` }))).rejects.toMatchObject({
      code: "PUBLISH",
      message: expect.stringContaining("out of range") as string,
      notSent: true,
    });
    expect(await server.cli("DBSIZE")).toBe("0");
    expect(await send(open({ uri: `bullmq+${server.uri}/3` }))).toEqual([undefined]);
    expect(await server.cli("-n", "3", "LLEN", "bull:beatx:wait")).toBe("1");
  });
});

describe("a connection given by the application", () => {
  it("may be options of ioredis", async () => {
    const server = await start();
    const { host, port } = server;
    expect(await send(open({ connection: { host, port, db: 2 } }))).toEqual([undefined]);
    expect(await server.cli("-n", "2", "LLEN", "bull:beatx:wait")).toBe("1");
  });

  it("may be a client, which stays open after the publisher was closed", async () => {
    const server = await start();
    const client = new Redis({ port: server.port, maxRetriesPerRequest: null });
    ends.push(() => client.disconnect());
    const publisher = open({ connection: client });
    expect(await send(publisher)).toEqual([undefined]);
    await publisher.close();
    expect(await client.ping()).toBe("PONG");
    expect(client.listenerCount("error")).toBe(0);
    await expect(send(publisher)).rejects.toMatchObject({ code: "CLOSED" });
  });

  it.each([
    { claimed: false, options: {} },
    { claimed: true, options: { autoResendUnfulfilledCommands: false } },
  ])("may be a client with $options: a refusal means not sent: $claimed", async ({ claimed, options }) => {
    const server = await start(["--maxmemory", "1"]);
    const client = new Redis({ port: server.port, ...options });
    ends.push(() => client.disconnect());
    // The client of the first row might answer a repeat of a command that was carried out before.
    expect(await send(open({ connection: client }))).toEqual([
      expect.objectContaining({ message: expect.stringContaining("OOM") as string, notSent: claimed }),
    ]);
  });

  it("may be a cluster, with a prefix in braces", async () => {
    const cluster = await startRedisCluster();
    ends.push(() => cluster.stop());
    const client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
    ends.push(() => client.disconnect());
    const publisher = open({ connection: client, prefix: "{bull}" });
    expect(await waitFor("the cluster", () => send(publisher))).toEqual([undefined]);
    const queue = new Queue("beatx", { connection: client, prefix: "{bull}" });
    expect(await queue.count()).toBe(1);
    await queue.close();
  });
});
