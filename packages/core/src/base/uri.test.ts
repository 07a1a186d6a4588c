import { describe, expect, it } from "vitest";

import { ConfigError } from "./errors.js";
import { parseUri } from "./uri.js";

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

  it.each([
    [" redis://:s3cret@h", "begins with a blank"],
    ["\nredis://:s3cret@h", "begins with a blank or a line break"],
    ['"redis://:s3cret@h"', "begins with a quotation mark"],
    ["redis://:s3cret@h\n", "ends with a blank or a line break"],
    ["redis://u:12/s3cret@h", 'write "/" and "?" in a password as %2F and %3F'],
    ["redis://u:12?s3cret@h", 'write "/" and "?" in a password as %2F and %3F'],
    ["redis://u:12#s3cret@h", 'write a "#" inside a password or path as %23'],
    ["redis://:s3cret", 'a password is followed by "@" and the host'],
    ["sentinel://:s3cret@a;sentinel://b", "separated by commas, as in redis-sentinel://one:26379,two:26379/main/0"],
    ["redis://u:s3cret@h:0", "a port from 1 to 65535"],
    ["redis://u:p@h?s3cret=1&s3cret=2", "an option occurs twice"],
    ["redis://u:s3cret%@h", 'write a "%" itself as %25'],
  ])("says what is wrong with %j, and nothing of its password", (uri, reason) => {
    expect(() => parseUri(uri)).toThrow(reason);
    expect(() => parseUri(uri)).not.toThrow("s3cret");
  });

  it("takes an at sign in the path of a folder or socket, which has no password before it", () => {
    expect(parseUri("lmdb:./a@b").path).toBe("./a@b");
    expect(parseUri("redis+unix:///run/a@b.sock").path).toBe("/run/a@b.sock");
  });
});
