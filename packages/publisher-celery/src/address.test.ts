import { ConfigError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { readBrokerUri } from "./address.js";

describe("readBrokerUri", () => {
  it("fills in port and database", () => {
    expect(readBrokerUri("celery+redis://localhost")).toMatchObject({
      label: "redis://localhost:6379/0",
      redis: { host: "localhost", port: 6379, db: 0 },
    });
  });

  it("reads credentials, port, database and options", () => {
    const address = readBrokerUri("CELERY+REDISS://me:p%40ss@h:1234/5?global_keyprefix=pfx:&default_queue=mail");
    expect(address).toMatchObject({
      label: "rediss://h:1234/5",
      database: 5,
      globalKeyprefix: "pfx:",
      defaultQueue: "mail",
    });
    expect(address.redis).toEqual({ host: "h", port: 1234, db: 5, username: "me", password: "p@ss", tls: {} });
  });

  it("reads IPv6 and sockets", () => {
    expect(readBrokerUri("celery+redis://[::1]:7000/1")).toMatchObject({
      label: "redis://[::1]:7000/1",
      redis: { host: "::1", port: 7000 },
    });
    expect(readBrokerUri("celery+redis+unix://:secret@/run/redis.sock?db=2")).toMatchObject({
      label: "redis+unix:///run/redis.sock?db=2",
      redis: { path: "/run/redis.sock", db: 2, password: "secret" },
    });
  });

  it("reads sentinels and the name of the master", () => {
    expect(readBrokerUri("celery+redis-sentinel://me:pw@one,[::1]:7000/main/3")).toEqual({
      label: "redis-sentinel://one:26379,[::1]:7000/main/3",
      database: 3,
      redis: {
        sentinels: [
          { host: "one", port: 26379 },
          { host: "::1", port: 7000 },
        ],
        name: "main",
        db: 3,
        username: "me",
        password: "pw",
      },
      globalKeyprefix: undefined,
      defaultQueue: undefined,
    });
    expect(readBrokerUri("celery+sentinel://one/main").label).toBe("redis-sentinel://one:26379/main/0");
    expect(readBrokerUri("celery+rediss-sentinel://one/main").redis).toMatchObject({
      tls: {},
      sentinelTLS: {},
      enableTLSForSentinelMode: true,
    });
  });

  it.each([
    ["celery+redis-sentinel://u:secret@one", "master's name"],
    ["celery+redis-sentinel:///main", "master's name"],
    ["celery+redis-sentinel://u:secret@one/main/x", '"x" is not the number of a database'],
    ["celery+redis://u:secret@a,b/0", "exactly one host"],
    ["celery+redis:///0", "exactly one host"],
    ["celery+redis://u:secret@h/abc", '"abc" is not the number of a database'],
    ["celery+redis://u:secret@h/1/2", "not the number of a database"],
    ["celery+redis://u:secret@h/0?colour=red", '"colour"'],
    ["celery+redis://u:secret@h/0?db=1", '"db"'],
    ["celery+redis+unix://u:secret@h/run/redis.sock", "absolute path of a socket"],
    ["celery+amqp://u:secret@h//", '"celery+amqp:" is none of'],
  ])("refuses %s", (uri, reason) => {
    const open = () => readBrokerUri(uri);
    expect(open).toThrow(ConfigError);
    expect(open).toThrow(reason);
    expect(open).not.toThrow("secret");
  });
});
