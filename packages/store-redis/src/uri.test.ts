import { BeatxError } from "@beatx/core/adapter";
import { describe, expect, it } from "vitest";
import { readStoreUri } from "./uri.js";
import type { StoreAddress } from "./uri.js";

const accepted: [uri: string, address: Partial<StoreAddress>][] = [
  ["redis://localhost", { redis: { host: "localhost", port: 6379, db: 0 } }],
  ["REDISS://u:p@h:6380/3", { redis: { host: "h", port: 6380, db: 3, username: "u", password: "p", tls: {} } }],
  ["valkey://localhost/1", { redis: { host: "localhost", port: 6379, db: 1 } }],
  ["valkeys://localhost/1", { redis: { host: "localhost", port: 6379, db: 1, tls: {} } }],
  ["redis+socket:///run/redis.sock?virtual_host=4", { redis: { path: "/run/redis.sock", db: 4 } }],
  ["redis+unix:///run/redis.sock?db=4", { redis: { path: "/run/redis.sock", db: 4 } }],
  ["redis-sentinel://one/main/2", { redis: { sentinels: [{ host: "one", port: 26_379 }], name: "main", db: 2 } }],
  [
    "redis-cluster://u:p@one:7000,two",
    {
      nodes: [
        { host: "one", port: 7000 },
        { host: "two", port: 6379 },
      ],
      redis: { username: "u", password: "p" },
    },
  ],
  ["rediss-cluster://one/0", { nodes: [{ host: "one", port: 6379 }], redis: { tls: {} } }],
];

const refused: [uri: string, why: RegExp][] = [
  ["memcached://localhost", /none of redis:/],
  ["redis://one,two", /several.*redis-sentinel/],
  ["redis://localhost?enableOfflineQueue=false", /unknown option "enableOfflineQueue"/],
  ["redis-cluster://", /no host/],
  ["redis-cluster://one/2", /only database 0/],
  ["redis-cluster://one?db=1", /unknown option "db"/],
  ["redis://user@localhost", /a user without a password/],
  ["redis-cluster://user@localhost", /a user without a password/],
  ["redis://:pass#word@localhost", /%23/],
  ["redis://localhost:0", /cannot read the host/],
];

describe("the URI of a Redis store", () => {
  it.each(accepted)("%s is read", (uri, address) => {
    expect(readStoreUri(uri)).toEqual({ nodes: undefined, ...address });
  });

  it.each(refused)("%s is refused, and the message says why", (uri, why) => {
    expect(() => readStoreUri(uri)).toThrow(why);
    expect(() => readStoreUri(uri)).toThrow(expect.objectContaining({ code: "CONFIG" }));
  });

  it("no refusal shows the password", () => {
    const uris = [
      "redis://user:secret@one,two",
      "redis-cluster://:secret@one/2",
      "redis://:secret@h?x=1",
      "redis://secret@h:6379/0",
      "redis://h:6379/0?password=secret",
      "redis+unix:///run/redis.sock?password=secret",
    ];
    for (const uri of uris) {
      const error = catchError(() => readStoreUri(uri));
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
