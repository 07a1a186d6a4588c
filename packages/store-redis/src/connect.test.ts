import type { Cluster, RedisOptions } from "ioredis";
import { describe, expect, it } from "vitest";
import { createClient } from "./connect.js";
import { checkOptions } from "./options.js";
import type { CheckedOptions, RedisStoreOptions } from "./options.js";
import { readStoreUri } from "./uri.js";

const PEM = "-----BEGIN CERTIFICATE-----";

function optionsFor(uri: string, options: RedisStoreOptions = {}): RedisOptions {
  return createClient(uri, checked(uri, options)).options;
}

function checked(uri: string, options: RedisStoreOptions = {}): CheckedOptions {
  return checkOptions({ ...options, uri });
}

describe("the options of a client", () => {
  it("make every command fail fast, and name the connection", () => {
    const options = optionsFor("redis://localhost", { commandTimeoutMs: 700 });
    expect(options).toMatchObject({ enableOfflineQueue: false, commandTimeout: 700, connectionName: "beatx" });
  });

  it("give a connection attempt the whole deadline of a command, for links that are slow to open", () => {
    expect(optionsFor("redis://localhost", { commandTimeoutMs: 9_000 }).connectTimeout).toBe(9_000);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 30, 2 ** 31])("refuse a deadline of %s ms", (commandTimeoutMs) => {
    expect(() => checked("redis://localhost", { commandTimeoutMs })).toThrow(
      /commandTimeoutMs .* from 1 to 1073741823/,
    );
  });

  it("carry the address, credentials and database of a server", () => {
    expect(optionsFor("redis://u:p@db.example:6380/7")).toMatchObject({
      host: "db.example",
      port: 6380,
      username: "u",
      password: "p",
      db: 7,
    });
    expect(optionsFor("redis://localhost").tls).toBeUndefined();
  });

  it("carry the path of a socket, and no address", () => {
    const options = optionsFor("redis+unix:///run/redis.sock?db=2");
    expect(options).toMatchObject({ path: "/run/redis.sock", db: 2 });
    expect(readStoreUri("redis+unix:///run/redis.sock?db=2").redis).not.toHaveProperty("host");
  });

  it("turn TLS on with the material given", () => {
    expect(optionsFor("rediss://localhost").tls).toEqual({});
    expect(optionsFor("rediss://localhost", { tls: { ca: PEM } }).tls).toEqual({ ca: PEM });
  });

  it("give sentinels their own credentials and TLS", () => {
    const uri = "rediss-sentinel://:master-secret@one,two/main";
    const options = optionsFor(uri, { tls: { ca: PEM }, sentinelUsername: "s", sentinelPassword: "sp" });
    expect(options).toMatchObject({
      sentinels: [
        { host: "one", port: 26_379 },
        { host: "two", port: 26_379 },
      ],
      name: "main",
      password: "master-secret",
      sentinelUsername: "s",
      sentinelPassword: "sp",
      tls: { ca: PEM },
      sentinelTLS: { ca: PEM },
      enableTLSForSentinelMode: true,
    });
  });

  it("of a cluster fail fast on every node", () => {
    const uri = "redis-cluster://:p@one";
    const { options } = createClient(uri, checked(uri, { commandTimeoutMs: 700 })) as Cluster;
    expect(options).toMatchObject({ enableOfflineQueue: false, retryDelayOnFailover: 0 });
    expect(options.redisOptions).toMatchObject({ password: "p", commandTimeout: 700, connectionName: "beatx" });
  });
});

describe("wrong options", () => {
  it.each([
    [{ uri: "redis://localhost", namespace: "" }, /namespace is ""/],
    [{ uri: "redis://localhost", namespace: "a{b}" }, /namespace is "a\{b\}": .*braces/],
    [{ uri: "redis://localhost", commandTimeoutMs: 0 }, /commandTimeoutMs is 0/],
    [{ uri: "redis://localhost", commandTimeoutMs: 1.5 }, /commandTimeoutMs is 1.5/],
    [{}, /either `uri` or `client`/],
  ])("%j is refused", (options, why) => {
    expect(() => checkOptions(options)).toThrow(why);
  });

  it("a client with a keyPrefix is refused", () => {
    const client = createClient("redis://localhost", checked("redis://localhost"));
    client.options.keyPrefix = "app:";
    expect(() => checkOptions({ client })).toThrow(/keyPrefix of client is "app:".*use `namespace`/);
  });

  it("a client that reads numbers as texts is refused", () => {
    const client = createClient("redis://localhost", checked("redis://localhost"));
    Object.assign(client.options, { stringNumbers: true });
    expect(() => checkOptions({ client })).toThrow(/stringNumbers of client is true/);
  });

  it("TLS material for a scheme without TLS is refused", () => {
    const options = checked("redis://localhost", { tls: {} });
    expect(() => createClient("redis://localhost", options)).toThrow(/tls was given, but .* is not a rediss: URI/);
  });
});
