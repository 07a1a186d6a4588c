import { BeatxError } from "@beatx/core/adapter";
import { describe, expect, it } from "vitest";
import { readRedisUri } from "./uri.js";
import type { RedisTarget } from "./uri.js";

const plain: RedisTarget = {
  kind: "server",
  tls: false,
  username: undefined,
  password: undefined,
  hosts: [{ host: "localhost", port: 6379 }],
  name: "",
  database: 0,
};

const accepted: [uri: string, target: Partial<RedisTarget>][] = [
  ["redis://localhost", {}],
  ["redis://localhost/", {}],
  ["redis://localhost:6380/3", { hosts: [{ host: "localhost", port: 6380 }], database: 3 }],
  ["redis://[::1]:6380", { hosts: [{ host: "::1", port: 6380 }] }],
  ["REDISS://localhost", { tls: true }],
  ["redis://:p%40ss%2F@localhost", { password: "p@ss/" }],
  ["redis://user:a:b@localhost", { username: "user", password: "a:b" }],
  ["redis+unix:///run/redis%20one.sock", { kind: "socket", hosts: [], name: "/run/redis one.sock" }],
  ["redis+unix:///run/redis.sock?db=4", { kind: "socket", hosts: [], name: "/run/redis.sock", database: 4 }],
  [
    "redis-sentinel://u:p@one,two:26380/main/2",
    {
      kind: "sentinel",
      username: "u",
      password: "p",
      hosts: [
        { host: "one", port: 26_379 },
        { host: "two", port: 26_380 },
      ],
      name: "main",
      database: 2,
    },
  ],
  ["rediss-sentinel://one/main", { kind: "sentinel", tls: true, hosts: [{ host: "one", port: 26_379 }], name: "main" }],
  [
    "redis-cluster://one:7000,two",
    {
      kind: "cluster",
      hosts: [
        { host: "one", port: 7000 },
        { host: "two", port: 6379 },
      ],
    },
  ],
  ["rediss-cluster://one/0", { kind: "cluster", tls: true, hosts: [{ host: "one", port: 6379 }] }],
];

const refused: [uri: string, why: RegExp][] = [
  ["valkey://localhost", /none of redis:/],
  ["redis://", /no host/],
  ["redis://one,two", /2 hosts.*redis-sentinel/],
  ["redis://localhost/abc", /"abc" is not the number of a database/],
  ["redis://localhost/1/2", /"1\/2" is not the number/],
  ["redis://localhost/-1", /"-1" is not the number/],
  ["redis://localhost?db=1", /unknown option "db"/],
  ["redis://localhost?enableOfflineQueue=false", /unknown option "enableOfflineQueue"/],
  ["redis+unix:///run/redis.sock?db=x", /"x" is not the number/],
  ["redis+unix:///run/redis.sock?path=1", /unknown option "path" .*known: db/],
  ["redis+unix://run/redis.sock", /three slashes/],
  ["redis-sentinel://one", /master's name/],
  ["redis-sentinel://one/main/x", /"x" is not the number/],
  ["redis-cluster://one/2", /only database 0/],
  ["redis://user@localhost", /a user without a password/],
  ["redis://:pass#word@localhost", /%23/],
  ["redis://localhost:0", /not a host/],
];

describe("the URI of a Redis store", () => {
  it.each(accepted)("%s is read", (uri, target) => {
    expect(readRedisUri(uri)).toEqual({ ...plain, ...target });
  });

  it.each(refused)("%s is refused, and the message says why", (uri, why) => {
    expect(() => readRedisUri(uri)).toThrow(why);
    expect(() => readRedisUri(uri)).toThrow(expect.objectContaining({ code: "CONFIG" }));
  });

  it("no refusal shows the password", () => {
    const uris = ["redis://user:secret@one,two", "redis-cluster://:secret@one/2", "redis://:secret@h?x=1"];
    for (const uri of uris) {
      const error = catchError(() => readRedisUri(uri));
      expect(BeatxError.isInstance(error)).toBe(true);
      expect(String(error)).not.toContain("secret");
    }
  });
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
