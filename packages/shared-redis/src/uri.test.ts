import { ConfigError } from "@beatx/core/adapter";
import type { RedisOptions } from "ioredis";
import { describe, expect, it } from "vitest";
import { readRedisUri } from "./uri.js";
import type { UriRules } from "./uri.js";

const rules: UriRules = {
  schemes: [
    "redis",
    "rediss",
    "redis+unix",
    "my+redis+socket",
    "redis-sentinel",
    "rediss-sentinel",
    "my+redis",
    "my+rediss",
    "my+sentinel",
  ],
  query: ["colour"],
  severalHosts: "write redis-sentinel:",
  field: "broker",
};

const accepted: [uri: string, redis: RedisOptions][] = [
  ["redis://localhost", { host: "localhost", port: 6379, db: 0 }],
  ["redis://localhost/", { host: "localhost", port: 6379, db: 0 }],
  ["redis://localhost:6380/3", { host: "localhost", port: 6380, db: 3 }],
  ["redis://[::1]:6380", { host: "::1", port: 6380, db: 0 }],
  ["my+redis://localhost/0", { host: "localhost", port: 6379, db: 0 }],
  ["REDISS://localhost", { host: "localhost", port: 6379, db: 0, tls: {} }],
  ["MY+REDISS://me:p%40ss%2F@h:1/5", { host: "h", port: 1, db: 5, username: "me", password: "p@ss/", tls: {} }],
  ["redis://user:a:b@h", { host: "h", port: 6379, db: 0, username: "user", password: "a:b" }],
  ["redis+unix:///run/redis%20one.sock", { path: "/run/redis one.sock", db: 0 }],
  ["my+redis+socket:///run/redis.sock?virtual_host=4", { path: "/run/redis.sock", db: 4 }],
  ["redis://localhost?family=0", { host: "localhost", port: 6379, db: 0 }],
  ["rediss://localhost?ssl_cert_reqs=CERT_REQUIRED", { host: "localhost", port: 6379, db: 0, tls: {} }],
  ["redis+unix://:secret@/run/redis.sock?db=4", { path: "/run/redis.sock", db: 4, password: "secret" }],
  [
    "redis-sentinel://u:p@one,[::1]:7000/main/2",
    {
      sentinels: [
        { host: "one", port: 26_379 },
        { host: "::1", port: 7000 },
      ],
      name: "main",
      db: 2,
      username: "u",
      password: "p",
    },
  ],
  ["my+sentinel://one/main", { sentinels: [{ host: "one", port: 26_379 }], name: "main", db: 0 }],
  [
    "rediss-sentinel://one/main",
    {
      sentinels: [{ host: "one", port: 26_379 }],
      name: "main",
      db: 0,
      tls: {},
      sentinelTLS: {},
      enableTLSForSentinelMode: true,
    },
  ],
];

const refused: [uri: string, reason: string][] = [
  ["valkey://u:secret@h", '"valkey:" is none of redis: rediss:'],
  ["redis:///0", "exactly one host, and it names none"],
  ["redis://u:secret@one,two/0", "names several: write redis-sentinel:"],
  ["redis://u:secret@h/abc", "what stands for the database is not a number"],
  ["redis://u:secret@h/1/2", "what stands for the database is not a number"],
  ["redis://u:secret@h/-1", "what stands for the database is not a number"],
  ["redis://u:secret@h?db=1", 'unknown option "db"'],
  ["redis+unix://:secret@/run/redis.sock?db=x", "what stands for the database is not a number"],
  ["redis://u:secret@h?family=6", 'unknown option "family"'],
  ["rediss://u:secret@h?ssl_cert_reqs=none", "rejectUnauthorized: false"],
  ["redis://u:secret@h?ssl_cert_reqs=required", 'unknown option "ssl_cert_reqs"'],
  ["redis+unix:///run/redis.sock?path=1", "option 1 of the query is unknown"],
  ["redis+unix://u:secret@h/run/redis.sock", "absolute path of a socket after three slashes"],
  ["redis-sentinel://u:secret@one", "master's name, as in redis-sentinel://one:26379"],
  ["my+sentinel:///main", "master's name, as in my+sentinel://one:26379"],
  ["redis-sentinel://u:secret@one/main/x", "what stands for the database is not a number"],
];

describe("a Redis URI", () => {
  it.each(accepted)("%s is read", (uri, redis) => {
    expect(readRedisUri(uri, rules).redis).toEqual(redis);
  });

  it("may carry options of its reader", () => {
    expect(readRedisUri("redis://h?colour=red", rules).query.get("colour")).toBe("red");
    expect(readRedisUri("redis+unix:///s?db=1&colour=red", rules).query.get("colour")).toBe("red");
  });

  it.each(refused)("%s is refused, without its password", (uri, reason) => {
    const read = (): unknown => readRedisUri(uri, rules);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(reason);
    expect(read).not.toThrow("secret");
  });
});
