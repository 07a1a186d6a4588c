import { Cluster, Redis } from "ioredis";
import type { RedisOptions } from "ioredis";
import { describe, expect, it } from "vitest";
import { databaseOf, describeClient, maySendTwice } from "./client.js";

const clientOf = (options: RedisOptions): Redis => new Redis({ ...options, lazyConnect: true, replyMapping: "legacy" });

const descriptions: [options: RedisOptions, text: string][] = [
  [{}, "redis://localhost:6379/0"],
  [{ host: "h", port: 1234, db: 5, username: "me", password: "secret", tls: {} }, "rediss://h:1234/5"],
  [{ host: "::1", port: 7000, db: 1 }, "redis://[::1]:7000/1"],
  [{ path: "/run/redis.sock", db: 2, password: "secret" }, "redis+unix:///run/redis.sock?db=2"],
  [
    { sentinels: [{ host: "one", port: 26_379 }, { host: "::1" }], name: "main", db: 3, password: "secret" },
    "redis-sentinel://one:26379,[::1]/main/3",
  ],
  [{ sentinels: [{ host: "one", port: 1 }], name: "main", tls: {} }, "rediss-sentinel://one:1/main/0"],
];

describe("a client", () => {
  it.each(descriptions)("with options %o is described as %s", (options, text) => {
    expect(describeClient(clientOf(options))).toBe(text);
  });

  it("has a database; a cluster has only number 0", () => {
    expect([clientOf({}), clientOf({ db: 7 })].map(databaseOf)).toEqual([0, 7]);
    const cluster = new Cluster([{ host: "h" }], { lazyConnect: true });
    expect(databaseOf(cluster)).toBe(0);
    expect(describeClient(cluster)).toBe("the cluster");
  });

  it("may send a command twice, unless its options exclude it", () => {
    expect(maySendTwice(clientOf({}))).toBe(true);
    const autoResendUnfulfilledCommands = false;
    expect(maySendTwice(clientOf({ autoResendUnfulfilledCommands, reconnectOnError: () => 2 }))).toBe(true);
    expect(maySendTwice(clientOf({ autoResendUnfulfilledCommands }))).toBe(false);
    expect(maySendTwice(new Cluster([{ host: "h" }], { lazyConnect: true }))).toBe(true);
  });
});
