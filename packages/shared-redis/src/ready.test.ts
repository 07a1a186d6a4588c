import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import type { RedisClient } from "./client.js";
import { watchReadiness } from "./ready.js";

class FakeClient extends EventEmitter {
  status = "wait";
  isCluster = false;
  stream = { writable: true };
  connects = 0;
  disconnects = 0;
  /** Answers of `exists`, in order. */
  readonly answers: (number | Error)[] = [];

  async connect(): Promise<void> {
    this.connects += 1;
    this.status = "connecting";
  }

  disconnect(): void {
    this.disconnects += 1;
  }

  async exists(): Promise<number> {
    const answer = this.answers.shift() ?? 0;
    if (answer instanceof Error) throw answer;
    return answer;
  }

  change(status: string, event = status): void {
    this.status = status;
    this.emit(event, new Error(event));
  }

  listenersInAll(): number {
    return this.eventNames().reduce((count, name) => count + this.listenerCount(name), 0);
  }
}

function watch(changes: { isOwned?: boolean; key?: string; isCluster?: boolean } = {}) {
  const { isOwned = true, key, isCluster = false } = changes;
  const client = new FakeClient();
  client.isCluster = isCluster;
  const readiness = watchReadiness(client as unknown as RedisClient, {
    place: "the broker",
    isOwned,
    ...(key !== undefined && { key }),
  });
  return { client, readiness };
}

describe("waiting for a connection", () => {
  it("opens a client that was never opened, once for all that wait, and leaves no listener behind", async () => {
    const { client, readiness } = watch();
    const listeners = client.listenersInAll();
    const waits = Array.from({ length: 50 }, () => readiness.wait());
    client.change("ready");
    await Promise.all(waits);
    await readiness.wait();
    expect(client.connects).toBe(1);
    expect(client.listenersInAll()).toBe(listeners);
  });

  it("rejects when the attempt fails", async () => {
    const { client, readiness } = watch();
    const waiting = readiness.wait();
    client.emit("error", new Error("connect ECONNREFUSED"));
    await expect(waiting).rejects.toThrow("no connection to the broker");
  });

  it("continues when a connection is closed without an error", async () => {
    const { client, readiness } = watch();
    client.status = "connect";
    const waiting = readiness.wait();
    client.change("close");
    client.change("reconnecting");
    client.change("ready");
    await waiting;
  });

  it("waits for the next connection while the client drops the old one", async () => {
    const { client, readiness } = watch();
    client.status = "ready";
    client.stream.writable = false;
    const waiting = readiness.wait();
    client.emit("error", new Error("read ECONNRESET"));
    await expect(waiting).rejects.toThrow("no connection");
  });

  it("reopens a client of our own that has ended, never one of the application", async () => {
    const own = watch();
    own.client.status = "end";
    const waiting = own.readiness.wait();
    own.client.change("ready");
    await waiting;
    expect(own.client.connects).toBe(1);
    const given = watch({ isOwned: false });
    given.client.status = "end";
    await expect(given.readiness.wait()).rejects.toThrow("the given client was closed");
    expect(given.client.connects).toBe(0);
  });
});

describe("a connection whose set-up fails", () => {
  it("is dropped before it is used, if the client is our own", () => {
    const [own, given] = [watch(), watch({ isOwned: false })];
    for (const { client } of [own, given]) {
      client.on("error", () => undefined);
      client.change("connect", "error");
    }
    expect([own.client.disconnects, given.client.disconnects]).toEqual([1, 0]);
  });
});

describe("a node of a cluster", () => {
  it("is reached before work begins, once, and again after it was lost", async () => {
    const { client, readiness } = watch({ isCluster: true, key: "{n}:rev" });
    client.status = "ready";
    client.answers.push(1, new Error("Connection is closed."));
    await Promise.all([readiness.wait(), readiness.wait()]);
    expect(client.answers).toHaveLength(1);
    client.emit("-node");
    await expect(readiness.wait()).rejects.toThrow("Connection is closed.");
    await readiness.wait();
  });

  it("is not looked for without a key", async () => {
    const { client, readiness } = watch({ isCluster: true });
    client.status = "ready";
    client.answers.push(new Error("asked"));
    await readiness.wait();
  });
});
