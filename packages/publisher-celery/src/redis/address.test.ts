import { ConfigError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { readBrokerUri } from "./address.js";

describe("readBrokerUri", () => {
  it("leaves prefix and queue open if the URI does not name them", () => {
    expect(readBrokerUri("celery+redis://localhost")).toEqual({
      redis: { host: "localhost", port: 6379, db: 0 },
      globalKeyprefix: undefined,
      sep: undefined,
      prioritySteps: undefined,
      defaultQueue: undefined,
    });
  });

  it("reads the server and the options", () => {
    expect(readBrokerUri("CELERY+REDISS://me:p%40ss@h:1234/5?global_keyprefix=pfx:&default_queue=mail")).toEqual({
      redis: { host: "h", port: 1234, db: 5, username: "me", password: "p@ss", tls: {} },
      globalKeyprefix: "pfx:",
      sep: undefined,
      prioritySteps: undefined,
      defaultQueue: "mail",
    });
  });

  it("knows sockets and sentinels, these by Celery's name too", () => {
    const options = "global_keyprefix=pfx:";
    expect(readBrokerUri(`celery+redis+unix:///run/redis.sock?db=2&${options}`)).toMatchObject({
      redis: { path: "/run/redis.sock", db: 2 },
      globalKeyprefix: "pfx:",
    });
    for (const scheme of ["celery+redis-sentinel", "celery+sentinel", "celery+rediss-sentinel"]) {
      expect(readBrokerUri(`${scheme}://one/main/3?${options}`)).toMatchObject({
        redis: { sentinels: [{ host: "one", port: 26_379 }], name: "main", db: 3 },
        globalKeyprefix: "pfx:",
      });
    }
  });

  it.each([
    ["celery+redis://u:secret@a,b/0", "write celery+redis-sentinel:"],
    ["celery+redis://u:secret@h/0?colour=red", "option 1 of the query is unknown"],
    ["celery+amqp://u:secret@h//", '"celery+amqp:" is none of'],
  ])("refuses %s", (uri, reason) => {
    const open = () => readBrokerUri(uri);
    expect(open).toThrow(ConfigError);
    expect(open).toThrow(reason);
    expect(open).not.toThrow("secret");
  });
});
