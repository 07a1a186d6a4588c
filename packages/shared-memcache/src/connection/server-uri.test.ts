import type { ConfigError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { describeServer, readServerUri } from "./server-uri.js";

const RULES = { schemes: ["memjs", "pylibmc"] };

describe("the URI of a server", () => {
  it.each([
    ["memjs://cache", { host: "cache", port: 11_211 }],
    ["MEMJS://cache:1234/", { host: "cache", port: 1234 }],
    ["pylibmc://[::1]:21042", { host: "::1", port: 21_042 }],
    [
      "memjs://user:p%40ss%3Aw%2Fo%25rd@cache:1",
      { host: "cache", port: 1, credentials: { username: "user", password: "p@ss:w/o%rd" } },
    ],
  ])("%s is read", (uri, address) => {
    expect(readServerUri(uri, RULES)).toEqual(address);
  });

  it.each([
    ["memjs://one,two", /names 2 hosts, but a lease needs one.*Name one server/],
    ["memjs://", /names no host: write memjs:\/\/host:11211/],
    ["redis://cache", /"redis:" is none of memjs:, pylibmc:/],
    ["memjs://cache/0", /no databases/],
    ["memjs://cache?timeout=1", /unknown option "timeout"/],
    ["memjs://user@cache", /both a user and a password/],
    ["memjs://:secret@cache", /both a user and a password/],
    ["memjs://cache:0", /port/],
  ])("%s is refused with the reason", (uri, message) => {
    const read = (): unknown => readServerUri(uri, RULES);
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code: "CONFIG" }) as ConfigError);
    expect(read).not.toThrow(/secret/);
  });

  it("with a password is refused if the client cannot use it, and not shown", () => {
    const rules = { ...RULES, noCredentials: "write another scheme" };
    const read = (): unknown => readServerUri("memjs://user:secret@cache", rules);
    expect(read).toThrow("cannot use the URI memjs://***@cache: write another scheme");
  });

  it("is shown without credentials", () => {
    expect(describeServer("memjs", readServerUri("memjs://user:secret@[::1]", RULES))).toBe("memjs://[::1]:11211");
  });
});
