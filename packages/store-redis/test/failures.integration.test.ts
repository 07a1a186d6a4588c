import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreError } from "@beatx/core";
import type { Store } from "@beatx/core";
import { freePort, startRedis, startScripted, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import { redisStore } from "../src/index.js";
import { create, everyCommand, lead, leadForLong, moveOf, pass, readAll, rejectionOf } from "./helpers.js";

const TIMEOUT_MS = 500;
/** Added to deadlines for a busy machine. */
const SLACK_MS = 10_000;

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0).reverse()) await task();
});

async function startServer(options?: Parameters<typeof startRedis>[0]): Promise<RedisServer> {
  const server = await startRedis(options);
  cleanUp.push(() => server.stop());
  return server;
}

function openBrief(uri: string): Required<Store> {
  return open(uri, { commandTimeoutMs: TIMEOUT_MS });
}

function open(uri: string, options: Partial<Parameters<typeof redisStore>[0]> = {}): Required<Store> {
  const store = redisStore({ uri, ...options });
  cleanUp.push(() => store.close());
  return store;
}

/** Every command rejects with a StoreError, in time, and its text matches. */
async function expectAllToReject(store: Required<Store>, text: RegExp): Promise<void> {
  for (const [name, call] of Object.entries(everyCommand(store))) {
    const startedAt = performance.now();
    const error = await rejectionOf(call());
    expect(performance.now() - startedAt, name).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    expect(StoreError.isInstance(error), `${name}: ${String(error)}`).toBe(true);
    expect(error.message, name).toMatch(text);
    expect(error.message, name).not.toContain("secret");
  }
}

const INFO = "$19\r\nredis_version:6.2.6\r\n";

/** A server that answers every command by its name, after a delay. */
function startAnswering(
  answerOf: (command: string) => readonly [answer: string, delayMs?: number],
): ReturnType<typeof startScripted> {
  return startScripted(({ socket }, chunk) => {
    for (const [, command] of chunk.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
      const [answer, delayMs = 0] = answerOf(command!.toLowerCase());
      setTimeout(() => socket.write(answer), delayMs);
    }
  });
}

describe("a store whose server does not answer", () => {
  it("rejects every command in time when no server listens, and names the address without the password", async () => {
    const port = await freePort();
    await expectAllToReject(
      open(`redis://:secret@127.0.0.1:${port}`),
      /no connection to redis:\/\/\*\*\*@127\.0\.0\.1:\d+.*ECONNREFUSED/,
    );
  });

  it("rejects every command in time while the server is paused, and works again afterwards", async () => {
    const server = await startServer();
    const store = openBrief(server.uri);
    await create(store, ["one"]);
    server.pause();
    await expectAllToReject(store, /did not answer|no connection|connection was lost|timed out|Socket timeout/);
    server.resume();
    await waitFor("the store to work again", async () => (await readAll(store)).length === 1);
  });

  it("rejects what is in flight when the server dies, and works again when it is back", async () => {
    const server = await startServer({ appendOnly: true });
    const store = openBrief(server.uri);
    await create(store, ["one"]);
    server.pause();
    const inFlight = rejectionOf(store.getRevision());
    await server.kill();
    expect(StoreError.isInstance(await inFlight)).toBe(true);
    await server.restart();
    await waitFor("the store to work again", async () => (await readAll(store)).length === 1);
  });

  it("rejects a complete reading that a restart of the server made incomplete", async () => {
    const server = await startServer({ appendOnly: true, args: ["--appendfsync", "always"] });
    const store = open(server.uri);
    await create(
      store,
      Array.from({ length: 8000 }, (_, index) => `entry-${index}`),
    );
    const reading = await store.getSchedule();
    const read = new Set<string>();
    const readOn = async (): Promise<void> => {
      for await (const batch of reading.batches) {
        if (read.size === 0) await server.restart();
        for (const { name } of batch) read.add(name);
      }
    };
    expect(String(await rejectionOf(readOn()))).toMatch(/StoreError/);
    await waitFor("the store to work again", async () => (await readAll(store)).length === 8000);
  });

  it("never sends a command after it was reported as failed", async () => {
    const server = await startServer();
    const store = open(server.uri);
    await store.getTime();
    await server.kill();
    await rejectionOf(create(store, ["ghost"]));
    await server.restart();
    await waitFor("the store to work again", () => store.getTime());
    expect(await readAll(store)).toEqual([]);
  });

  it("never sends a script again after it was reported as failed", async () => {
    const server = await startServer();
    const writer = new Redis(server.port);
    cleanUp.push(async () => writer.disconnect());
    const client = new Redis(server.port); // of the application's own: no deadlines, so the answer comes after ours
    cleanUp.push(async () => client.disconnect());
    await client.ping();
    const store = redisStore({ client, commandTimeoutMs: 300 });
    cleanUp.push(() => store.close());
    server.pause();
    await rejectionOf(store.setSchedule([{ name: "one", definition: "text", expectedRevision: null }]));
    server.resume();
    await pass(1000);
    expect(await writer.hlen("{beatx}:defs")).toBe(0);
  });

  it("never sends a script again after its deadline if connecting took part of the time", async () => {
    const seen: string[] = [];
    const server = await startAnswering((command) => {
      seen.push(command);
      if (command === "hello") return ["-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n", 1000];
      if (command === "info") return [INFO];
      if (command === "evalsha") return ["-NOSCRIPT No matching script. Please use EVAL.\r\n", 1500];
      return ["+OK\r\n"];
    });
    cleanUp.push(() => server.stop());
    const store = open(`redis://127.0.0.1:${server.port}`, { commandTimeoutMs: 2000 });
    await rejectionOf(store.setSchedule([{ name: "one", definition: "text", expectedRevision: null }]));
    await pass(1000);
    expect(seen).toContain("evalsha");
    expect(seen).not.toContain("eval");
  });

  it("rejects while the server is loading its data", async () => {
    const args = ["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"];
    const server = await startServer({ appendOnly: true, args });
    const store = open(server.uri);
    await create(
      store,
      Array.from({ length: 2000 }, (_, index) => `entry-${index}`),
    );
    await server.cli("DEBUG", "SET-ACTIVE-EXPIRE", "1").catch(() => undefined);
    for (let chunk = 0; chunk < 10; chunk += 1) {
      await server.cli("EVAL", `for i = 1, 200 do redis.call('SET', 'key-${chunk}-' .. i, i) end`, "0");
    }
    await server.cli("BGREWRITEAOF");
    await waitFor("the data to be rewritten", async () =>
      (await server.cli("INFO", "persistence")).includes("aof_rewrite_in_progress:0"),
    );
    const restarting = server.restart();
    const errors: string[] = [];
    await waitFor("the store to work again", async () => {
      try {
        return (await readAll(store)).length === 2000;
      } catch (error) {
        errors.push(String(error));
        throw error;
      }
    });
    await restarting;
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe("a store whose server says no", () => {
  it("rejects every command when the password is wrong, and says so", async () => {
    const server = await startServer({ args: ["--requirepass", "right"] });
    const store = openBrief(server.uri.replace("//", "//:secret@"));
    await expectAllToReject(store, /user or password.*WRONGPASS/);
  });

  it("rejects every command when the database does not exist, and writes nothing to another", async () => {
    const server = await startServer();
    const store = openBrief(`${server.uri}/99`);
    await expectAllToReject(store, /no database of that number/);
    expect(await server.cli("DBSIZE")).toBe("0");
  });

  it("explains that a replica takes no writes, in errors and in its health", async () => {
    const master = await startServer();
    const replica = await startServer({ args: ["--replicaof", "127.0.0.1", String(master.port)] });
    const store = open(replica.uri);
    await waitFor("the replica to be in step", async () =>
      (await replica.cli("INFO", "replication")).includes("master_link_status:up"),
    );
    expect(String(await rejectionOf(create(store, ["one"])))).toMatch(/replica and takes no writes/);
    expect(String(await rejectionOf(lead(store, 200)))).toMatch(/replica and takes no writes/);
    await expect(store.checkHealth()).rejects.toThrow(/is a replica and takes no writes: give the master's address/);
  });

  it("writes all or nothing when the server is out of memory", async () => {
    const server = await startServer();
    const store = open(server.uri);
    const [revision] = await create(store, ["one"]);
    const lease = await leadForLong(store);
    await server.cli("CONFIG", "SET", "maxmemory", "1");
    const write = { kind: "list-push" as const, database: 0, key: "celery", value: "message" };
    const move = moveOf("one", revision!, { outbox: [write] });
    expect(String(await rejectionOf(store.advance(lease, [move])))).toMatch(/raise maxmemory/);
    expect(String(await rejectionOf(create(store, ["two"])))).toMatch(/raise maxmemory/);
    expect(await readAll(store)).toMatchObject([{ name: "one", cursor: null }]);
    await server.cli("CONFIG", "SET", "maxmemory", "0");
    expect(await store.advance(lease, [move])).toEqual([{ status: "done" }]);
    expect(await server.cli("LLEN", "celery")).toBe("1");
  });

  it("refuses only the moves to a queue that its user may not write to", async () => {
    const server = await startServer();
    await server.cli("acl", "setuser", "beat", "on", ">pw", "+@all", "~{beatx}:*", "~celery", "&*");
    const store = open(`redis://beat:pw@127.0.0.1:${server.port}`);
    const lease = await leadForLong(store);
    const revisions = await create(store, ["one", "two"]);
    const write = (key: string) => [{ kind: "list-push", database: 0, key, value: "message" }] as const;
    const results = await store.advance(lease, [
      moveOf("one", revisions[0]!, { outbox: write("celery") }),
      moveOf("two", revisions[1]!, { outbox: write("mail") }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["done", "refused"]);
  });

  it("leaves a server that became a replica, even if a script reports it as in Redis 6.2", async () => {
    const words = "@user_script: 10: -READONLY You can't write against a read only replica.";
    const server = await startAnswering((command) => {
      if (command === "hello") return ["-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n"];
      if (command === "info") return [INFO];
      if (command === "evalsha") return [`-ERR Error running script (call to f_0123): @user_script:10: ${words}\r\n`];
      return ["+OK\r\n"];
    });
    cleanUp.push(() => server.stop());
    const store = open(`redis://127.0.0.1:${server.port}`);
    const renew = (): Promise<Error> => rejectionOf(store.renewLock({ token: "mine", fence: 1 }, 1000));
    const asked = (): number =>
      server.connections.filter(({ received }) => /evalsha/i.test(received().toString())).length;
    expect((await renew()).message).toMatch(/replica and takes no writes/);
    // Another connection: behind a name or a proxy it reaches the new master.
    await waitFor("another connection", async () => (await renew()) && asked() > 1);
  });

  it("goes on when the server has lost its scripts", async () => {
    const server = await startServer();
    const store = open(server.uri);
    await create(store, ["one"]);
    await server.cli("SCRIPT", "FLUSH");
    await create(store, ["two"]);
    expect(await readAll(store)).toHaveLength(2);
  });
});

describe("the health of a server", () => {
  it("includes missing persistence and an eviction policy", async () => {
    const server = await startServer({ args: ["--maxmemory-policy", "volatile-lru"] });
    const findings = await open(server.uri).checkHealth();
    expect(findings.join("\n")).toMatch(/maxmemory-policy is volatile-lru[^]*writes nothing to disk/);
  });

  it("is fine with an append-only file and no eviction", async () => {
    const server = await startServer({ appendOnly: true });
    expect(await open(server.uri).checkHealth()).toEqual([]);
  });

  it("includes a memory that is full, so that nobody can lead", async () => {
    const server = await startServer({ args: ["--maxmemory", "1", "--maxmemory-policy", "noeviction"] });
    await expect(open(server.uri).checkHealth()).rejects.toThrow(/is full and takes no writes: raise maxmemory/);
  });

  it("includes a disk to which the server cannot save, so that it takes no writes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "beatx-redis-"));
    const server = await startServer({ args: ["--dir", folder, "--save", "3600 1"] });
    const store = open(server.uri);
    await create(store, ["one"]);
    await rm(folder, { recursive: true });
    await server.cli("BGSAVE");
    await waitFor("the failed save", async () =>
      (await server.cli("INFO", "persistence")).includes("rdb_last_bgsave_status:err"),
    );
    await expect(store.checkHealth()).rejects.toThrow(/cannot save to its disk and takes no writes: see its log/);
    await server.cli("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
    expect((await store.checkHealth()).join("\n")).toMatch(/reports rdb_last_bgsave_status: err; see its log/);
  });

  it("names the checks that failed if CONFIG and INFO are forbidden", async () => {
    const server = await startServer();
    await server.cli("ACL", "SETUSER", "limited", "reset", "on", ">secret", "~*", "&*", "+@all", "-config");
    const store = open(server.uri.replace("//", "//limited:secret@"));
    expect((await store.checkHealth()).join("\n")).toMatch(
      /could not check whether the server takes snapshots: NOPERM/,
    );
    await server.cli("ACL", "SETUSER", "limited", "-info");
    expect((await store.checkHealth()).join("\n")).toMatch(/could not check whether the server evicts.*: NOPERM/);
  });
});

describe("closing", () => {
  /** Sockets and timers of this process. */
  function handles(): number {
    return process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout/.test(kind)).length;
  }

  async function expectToEnd(store: Required<Store>, handlesBefore: number): Promise<void> {
    const startedAt = performance.now();
    await store.close();
    await waitFor("sockets and timers to be gone", () => handles() <= handlesBefore + 1, 2000);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  }

  it.each(["working", "paused", "dead", "never there"])(
    "leaves nothing behind when the server is %s",
    async (state) => {
      const server = await startServer();
      const handlesBefore = handles();
      const store = redisStore({ uri: state === "never there" ? `redis://127.0.0.1:${await freePort()}` : server.uri });
      if (state !== "never there") await store.watch(() => undefined);
      if (state === "paused") server.pause();
      if (state === "dead") await server.kill();
      const waiting = store.getRevision().catch(() => undefined);
      await expectToEnd(store, handlesBefore);
      await waiting;
    },
  );

  it("leaves no connection behind of a watch that was being opened", async () => {
    const server = await startServer();
    const store = redisStore({ uri: server.uri });
    await store.getTime();
    const watching = store.watch(() => undefined).catch(() => undefined);
    await store.close();
    await watching;
    await waitFor(
      "its connections to be gone",
      async () => !(await server.cli("CLIENT", "LIST")).includes("name=beatx"),
    );
  });

  it("leaves a given client open, with its listeners as they were", async () => {
    const server = await startServer();
    const client = new Redis({ host: server.host, port: server.port });
    cleanUp.push(() => client.quit());
    const store = redisStore({ client });
    await create(store, ["one"]);
    let hints = 0;
    await store.watch(() => (hints += 1));
    await create(store, ["two"]);
    await waitFor("a hint", () => hints > 0);
    await store.close();
    expect(String(await rejectionOf(store.getRevision()))).toMatch(/closed/);
    expect(await client.ping()).toBe("PONG");
    expect(client.listenerCount("error")).toBe(0);
    expect(await server.cli("CLIENT", "LIST", "TYPE", "pubsub")).toBe("");
  });
});

describe("watching", () => {
  it("hints at definitions, at a released lock, and after the connection was broken", async () => {
    const server = await startServer();
    const [watcher, other] = [open(server.uri), open(server.uri)];
    let hints = 0;
    const end = await watcher.watch(() => (hints += 1));
    const nextHint = async (cause: () => Promise<unknown>): Promise<void> => {
      const before = hints;
      await cause();
      await waitFor("a hint", () => hints > before);
    };
    await nextHint(() => create(other, ["one"]));
    const lease = await leadForLong(other);
    await nextHint(() => other.releaseLock(lease));
    await nextHint(() => server.restart());
    await nextHint(() => waitFor("a change", () => create(other, ["two"])));
    await end();
    expect(await server.cli("PUBSUB", "CHANNELS")).toBe("");
  });
});
