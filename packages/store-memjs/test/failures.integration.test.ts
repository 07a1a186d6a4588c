import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { StoreError } from "@beatx/core";
import { freePort, startMemcached, startScripted, waitFor } from "@beatx/test-servers";
import type { MemcachedServer, Script } from "@beatx/test-servers";
import { afterEach, describe, expect, it } from "vitest";
import { clients } from "./clients.js";
import type { MemcacheStore } from "./clients.js";
import { create, everyCommand, leadForLong, moveOf, readAll, rejectionOf } from "./helpers.js";
import { startNode } from "./other-process.js";

const TIMEOUT_MS = 500;
/** A busy machine may exceed a deadline by this. */
const SLACK_MS = 10_000;

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0).reverse()) await task();
});

async function startServer(...args: string[]): Promise<MemcachedServer> {
  const server = await startMemcached({ args });
  cleanUp.push(() => server.stop());
  return server;
}

async function startScript(script: Script): Promise<{ host: string; port: number }> {
  const server = await startScripted(script);
  cleanUp.push(() => server.stop());
  return server;
}

/** Expects every command to reject with a matching StoreError, in time. */
async function expectAllToReject(store: MemcacheStore, text: RegExp): Promise<void> {
  for (const [name, call] of Object.entries(everyCommand(store))) {
    const startedAt = performance.now();
    const error = await rejectionOf(call());
    expect(performance.now() - startedAt, name).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    expect(StoreError.isInstance(error), `${name}: ${String(error)}`).toBe(true);
    expect(error.message, name).toMatch(text);
  }
}

describe.each(clients)("a store through $name whose server fails", ({ name, open: openStore }) => {
  function open(address: { host: string; port: number }, commandTimeoutMs = TIMEOUT_MS): MemcacheStore {
    const store = openStore(address, { commandTimeoutMs });
    cleanUp.push(() => store.close());
    return store;
  }

  it("rejects every command when nothing listens, and names the address", async () => {
    const port = await freePort();
    await expectAllToReject(open({ host: "127.0.0.1", port }), new RegExp(`${name}://127.0.0.1:${port}.*ECONNREFUSED`));
  });

  it("rejects every command in time while the server is paused, and works again afterwards", async () => {
    const server = await startServer();
    const store = open(server);
    await create(store, ["one"]);
    server.pause();
    await expectAllToReject(store, /no answer within 500 ms|timed out/);
    server.resume();
    await waitFor("the store to work again", async () => (await readAll(store)).size === 1);
  });

  it("rejects commands in flight at once when the server dies, long before the deadline", async () => {
    const server = await startServer();
    const store = open(server, 60_000);
    await create(store, ["one"]);
    server.pause();
    const inFlight = [rejectionOf(store.getRevision()), rejectionOf(store.advance({ token: "x", fence: 1 }, []))];
    await server.kill();
    for (const error of await Promise.all(inFlight)) expect(StoreError.isInstance(error), String(error)).toBe(true);
    await server.restart();
    await waitFor("the store to work again", async () => (await readAll(store)).size === 0);
  });

  it("never carries out commands from the time when the server was down", async () => {
    const server = await startServer();
    const store = open(server);
    await store.getRevision();
    await server.kill();
    await rejectionOf(create(store, ["ghost"]));
    await server.restart();
    await waitFor("the store to work again", () => store.getRevision());
    expect((await readAll(store)).size).toBe(0);
  });

  it("takes many commands at once before the connection is open", async () => {
    const server = await startServer();
    const store = open(server, 60_000);
    const revisions = await Promise.all(Array.from({ length: 200 }, () => store.getRevision()));
    expect(new Set(revisions).size).toBe(1);
  });

  it("rejects when the server ends the connection with requests pending", async () => {
    const address = await startScript(({ socket }) => socket.end());
    const store = open(address, 60_000);
    await expectAllToReject(store, /the connection was closed|ECONNRESET|EPIPE/);
  });

  it("rejects when a reply is truncated, and does not read on in that stream", async () => {
    const real = await startServer();
    await create(open(real), ["one"]);
    let cuts = 0;
    const address = await startScript((connection, chunk) => {
      // Passes everything on to a real server, but only half of each of the first replies back.
      const upstream = relay(real, chunk, (reply) => {
        cuts += 1;
        connection.socket.write(cuts <= 4 ? reply.subarray(0, Math.ceil(reply.length / 2)) : reply);
        if (cuts <= 4) connection.socket.end();
      });
      connection.socket.once("close", () => upstream.destroy());
    });
    const store = open(address);
    const answers: string[] = [];
    await waitFor("whole replies", async () => {
      answers.push(await store.getRevision());
      return answers.length > 5;
    });
    expect(cuts).toBeGreaterThan(4);
    expect(new Set(answers)).toEqual(new Set([await open(real).getRevision()]));
  });

  it("rejects in time when the server accepts and never answers", async () => {
    await expectAllToReject(open(await startScript(() => undefined)), /no answer within 500 ms|timed out/);
  });

  it("reports a full server, and loses no data", async () => {
    const server = await startServer("-M", "-m", "2", "-I", "1m");
    const store = open(server, 60_000);
    await create(store, ["kept"]);
    const lease = await leadForLong(store);
    const filling = rejectionOf(fill(store));
    expect((await filling).message).toMatch(/raise its -m.*out of memory/i);
    expect((await readAll(store)).get("kept")?.definition).toBe("a definition");
    expect(await store.renewLock(lease, 600_000)).toBe(true);
    expect(await store.advance(lease, [moveOf("kept", null, "ran")])).toEqual([{ status: "done" }]);
  });

  it("refuses a server without compare-and-swap", async () => {
    const store = open(await startServer("-C"));
    const error = await rejectionOf(create(store, ["one"]));
    expect(error.message).toMatch(/without -C/);
  });

  it.each(["answers", "is paused", "is away"])("lets the process end after close() when the server %s", async (how) => {
    const server = await startServer();
    if (how === "is paused") server.pause();
    if (how === "is away") await server.kill();
    const node = await startNode("close", name, server.port);
    const closedAt = performance.now();
    const [exitCode] = await once(node, "exit");
    expect(exitCode).toBe(0);
    expect(performance.now() - closedAt).toBeLessThan(2000);
  });
});

/** Passes a request on to the real server over a new connection, and hands its answer to `onReply`. */
function relay(server: MemcachedServer, request: Buffer, onReply: (reply: Buffer) => void): Socket {
  const socket = connect(server.port, server.host, () => socket.write(request));
  socket.on("data", onReply);
  socket.on("error", () => undefined);
  return socket;
}

/** Creates large entries until the server is full. */
async function fill(store: MemcacheStore): Promise<void> {
  for (let index = 0; ; index += 1) await create(store, [`large ${index}`], "x".repeat(100_000));
}
