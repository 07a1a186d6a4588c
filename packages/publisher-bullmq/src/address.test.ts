import { ConfigError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { readRedisUri } from "./address.js";

describe("readRedisUri", () => {
  it("fills in port and database", () => {
    expect(readRedisUri("bullmq+redis://localhost")).toEqual({
      redis: { host: "localhost", port: 6379, db: 0 },
      prefix: undefined,
      queue: undefined,
    });
  });

  it("reads credentials, port, database and options", () => {
    expect(readRedisUri("BULLMQ+REDISS://me:p%40ss@[::1]:1234/5?prefix=%7Bshop%7D&queue=mail")).toEqual({
      redis: { host: "::1", port: 1234, db: 5, username: "me", password: "p@ss", tls: {} },
      prefix: "{shop}",
      queue: "mail",
    });
  });

  it.each([
    ["bullmq+redis://u:secret@a,b/0", "exactly one host"],
    ["bullmq+redis:///0", "exactly one host"],
    ["bullmq+redis://u:secret@h/abc", '"abc" is not the number of a database'],
    ["bullmq+redis://u:secret@h/1/2", "not the number of a database"],
    ["bullmq+redis://u:secret@h/0?colour=red", '"colour"'],
    ["redis://u:secret@h/0", '"redis:" is none of'],
  ])("refuses %s", (uri, reason) => {
    const read = () => readRedisUri(uri);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(reason);
    expect(read).not.toThrow("secret");
  });
});
