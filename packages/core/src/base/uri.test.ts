import { describe, expect, it } from "vitest";

import { ConfigError } from "./errors.js";
import { parseUri, redactUri, refuseUnknownQuery } from "./uri.js";

describe("parseUri", () => {
  it.each([
    ["redis://127.0.0.1:6379/0", { scheme: "redis", hosts: [{ host: "127.0.0.1", port: 6379 }], path: "/0" }],
    [
      "REDISS://u:p%40ss@h",
      { scheme: "rediss", username: "u", password: "p@ss", hosts: [{ host: "h", port: undefined }], path: "" },
    ],
    ["redis://:secret@h:1", { username: undefined, password: "secret" }],
    ["redis://u:p@ss:w@h", { username: "u", password: "p@ss:w" }],
    [
      "redis-sentinel://a:1,b,[::1]:3/main/2",
      {
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: undefined },
          { host: "::1", port: 3 },
        ],
        path: "/main/2",
      },
    ],
    ["redis+unix:///var/run/redis%20x.sock?db=2", { scheme: "redis+unix", hosts: [], path: "/var/run/redis x.sock" }],
    ["lmdb:./folder", { scheme: "lmdb", hosts: [], path: "./folder" }],
    ["dummy://shared", { hosts: [{ host: "shared", port: undefined }] }],
  ])("reads %s", (uri, parts) => {
    expect(parseUri(uri)).toMatchObject(parts);
  });

  it.each([
    "",
    "no-scheme",
    "redis://h#x",
    "redis://h:0",
    "redis://h:65536",
    "redis://h:1:2",
    "redis://%zz@h",
    "redis://h?a=1&a=2",
  ])("refuses %j", (uri) => {
    expect(() => parseUri(uri)).toThrow(ConfigError);
  });

  it("names the known options when it refuses one", () => {
    const uri = "redis://h?timeout=3";
    expect(() => refuseUnknownQuery(uri, parseUri(uri), ["db"])).toThrow(/"timeout".*known: db/);
  });
});

describe("redactUri", () => {
  it.each([
    ["redis://u:p@h/0", "redis://u:***@h/0"],
    ["redis://:p@h", "redis://:***@h"],
    ["redis://u:p@ss@h", "redis://u:***@h"],
    ["redis://u@h", "redis://u@h"],
    ["redis://h/a@b", "redis://h/a@b"],
    ["redis://h/0?password=p&db=1", "redis://h/0?password=***&db=1"],
    ["redis://u:p@h?Auth_Token=t", "redis://u:***@h?Auth_Token=***"],
    ["redis://h?prefix=p", "redis://h?prefix=p"],
    ["lmdb:./x", "lmdb:./x"],
  ])("turns %s into %s", (uri, redacted) => {
    expect(redactUri(uri)).toBe(redacted);
  });

  it.each(["redis:/:secret@127.0.0.1:6379/0", "redis//:secret@127.0.0.1", "redis:user:secret@127.0.0.1"])(
    "hides the password of the malformed %s",
    (uri) => {
      expect(redactUri(uri)).not.toContain("secret");
    },
  );

  it("never shows the password in a parse error", () => {
    for (const uri of [
      "redis://u:s3cret@h:0",
      "redis://u:s3cret@h?a=1&a=2",
      "redis://u:s3cret%@h",
      "redis://u:s3cret@h#",
    ]) {
      expect(() => parseUri(uri)).toThrow(/^(?!.*s3cret)/);
    }
  });
});
