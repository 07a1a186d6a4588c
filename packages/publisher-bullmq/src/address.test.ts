import { ConfigError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { readQueueUri } from "./address.js";

describe("readQueueUri", () => {
  it("leaves prefix and queue open if the URI does not name them", () => {
    expect(readQueueUri("bullmq+redis://localhost")).toEqual({
      redis: { host: "localhost", port: 6379, db: 0 },
      prefix: undefined,
      queue: undefined,
    });
  });

  it("reads the server and the options", () => {
    expect(readQueueUri("BULLMQ+REDISS://me:p%40ss@[::1]:1234/5?prefix=%7Bshop%7D&queue=mail")).toEqual({
      redis: { host: "::1", port: 1234, db: 5, username: "me", password: "p@ss", tls: {} },
      prefix: "{shop}",
      queue: "mail",
    });
  });

  it.each([
    ["bullmq+redis://u:secret@a,b/0", "pass `connection`"],
    ["bullmq+redis://u:secret@h/0?colour=red", "option 1 of the query is unknown"],
    ["redis://u:secret@h/0", '"redis:" is none of'],
  ])("refuses %s", (uri, reason) => {
    const read = () => readQueueUri(uri);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(reason);
    expect(read).not.toThrow("secret");
  });
});
