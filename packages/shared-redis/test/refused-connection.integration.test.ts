import { PublishError } from "@beatx/core/adapter";
import { openRedis, RedisConnection } from "@beatx/shared-redis";
import { startRedis, waitFor } from "@beatx/test-servers";
import type { RedisServer } from "@beatx/test-servers";
import type { RedisOptions } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

let server: RedisServer;
const connections: RedisConnection[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close();
  vi.restoreAllMocks();
});
afterAll(() => server?.stop());

function open(options: RedisOptions): RedisConnection {
  const { host, port } = server;
  const connection = new RedisConnection(openRedis({ host, port, ...options }, 10_000), {
    place: "the broker",
    owner: "publisher",
    timeoutMs: 10_000,
    isOwned: true,
    errorClass: PublishError,
  });
  connections.push(connection);
  return connection;
}

const ping = (connection: RedisConnection): Promise<string> => connection.run("try", (redis) => redis.ping());

const wordsOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "it did not reject",
    (error: unknown) => (error as Error).message,
  );

describe("a connection", () => {
  it("with a password to a server without one works, and prints nothing past the logger", async () => {
    const prints = (["log", "warn", "error"] as const).map((method) => vi.spyOn(console, method));
    expect(await ping(open({ password: "secret" }))).toBe("PONG");
    expect(await ping(open({ username: "default", password: "secret" }))).toBe("PONG");
    expect(await ping(open({ password: "secret", protocol: 2 }))).toBe("PONG");
    for (const print of prints) expect(print).not.toHaveBeenCalled();
  });

  it("of a user that may not run INFO works, and prints nothing past the logger", async () => {
    const prints = (["log", "warn", "error"] as const).map((method) => vi.spyOn(console, method));
    await server.cli("ACL", "SETUSER", "few", "reset", "on", ">secret", "+ping", "+select");
    const connection = open({ username: "few", password: "secret" });
    expect(await ping(connection)).toBe("PONG");
    expect(await wordsOf(connection.run("ask", (redis) => redis.info()))).toMatch(/add \+info to the user's rights/);
    for (const print of prints) expect(print).not.toHaveBeenCalled();
  });

  it("with a wrong user is still refused", async () => {
    expect(await wordsOf(ping(open({ username: "nobody", password: "secret" })))).toMatch(/WRONGPASS/);
  });

  it("to a server without AUTH shows no password, which the server repeats", async () => {
    const rename = (command: string): string[] => ["--rename-command", command, ""];
    const renamed = await startRedis({ args: [...rename("AUTH"), ...rename("HELLO"), "--requirepass", "x"] });
    try {
      for (const options of [{ password: "s3cret" }, { username: "user", password: "s3cret" }]) {
        const words = await wordsOf(ping(open({ port: renamed.port, ...options })));
        expect(words).toMatch(/unknown command 'auth'/i);
        expect(words).not.toContain("s3cret");
      }
    } finally {
      await renamed.stop();
    }
  });

  it("over TLS to a plain port names the cause and the way out", async () => {
    expect(await wordsOf(ping(open({ tls: {} })))).toMatch(
      /probably does not speak TLS on this port: give its TLS port, or/,
    );
  });

  it("to a server with too many of them names maxclients", async () => {
    await ping(open({}));
    const before = (await server.cli("CONFIG", "GET", "maxclients")).split("\n")[1]!;
    await server.cli("CONFIG", "SET", "maxclients", "1");
    const words = await waitFor("the answer of the server", async () => {
      const message = await wordsOf(ping(open({})));
      return message.includes("maxclients") && message;
    });
    expect(words).toMatch(/raise its maxclients|probably reached its maxclients/);
    await connections[0]!.run("raise", (redis) => redis.config("SET", "maxclients", before));
  });
});
