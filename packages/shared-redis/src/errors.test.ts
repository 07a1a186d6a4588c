import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { messageOf, rememberErrors } from "./errors.js";

describe("the words of an error", () => {
  it("are its message, or its code where the message is empty", () => {
    expect(messageOf(new Error("LOADING"))).toBe("LOADING");
    expect(messageOf("thrown text")).toBe("thrown text");
    expect(messageOf(Object.assign(new Error(), { code: "ECONNREFUSED" }))).toBe("ECONNREFUSED");
  });

  it("name every address of a host that was tried in vain", () => {
    const attempts = ["::1", "127.0.0.1"].map((address) => new Error(`connect ECONNREFUSED ${address}:1`));
    expect(messageOf(new AggregateError(attempts))).toBe(
      "connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1",
    );
  });

  it("include those of the last node of a cluster", () => {
    const lastNodeError = new Error("connect ECONNREFUSED");
    const raw = Object.assign(new Error("Failed to refresh slots cache."), { lastNodeError });
    expect(messageOf(raw)).toBe("Failed to refresh slots cache. connect ECONNREFUSED");
  });
});

it("the words of a server do not hold the arguments that it repeats, which may be a password", () => {
  const answer = new Error("ERR unknown command 'AUTH', with args beginning with: 'user' 's3cret' ");
  expect(messageOf(answer)).toBe("ERR unknown command 'AUTH'");
  expect(messageOf(Object.assign(new Error("Failed."), { lastNodeError: answer }))).not.toContain("s3cret");
});

describe("words of the client library about its own options", () => {
  it.each([
    [
      'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.',
      "the connection was lost before the answer came",
    ],
    ["Stream isn't writeable and enableOfflineQueue options is false", "there is no connection"],
    ["Cluster isn't ready and enableOfflineQueue options is false", "there is no connection"],
    [
      "All sentinels are unreachable. Retrying from scratch after 50ms. Last error: connect ECONNREFUSED",
      "All sentinels are unreachable. Last error: connect ECONNREFUSED",
    ],
  ])("become words about the connection: %s", (theirs, own) => {
    expect(messageOf(new Error(theirs))).toBe(own);
  });
});

describe("the memory of errors", () => {
  function remember() {
    const client = new Redis({ lazyConnect: true });
    return { client, errors: rememberErrors(client) };
  }

  it("keeps the reason, not what follows from it", () => {
    const { client, errors } = remember();
    expect(errors.reason()).toBeUndefined();
    client.emit("error", new Error("ERR DB index is out of range"));
    client.emit("error", new Error("Stream isn't writeable and enableOfflineQueue options is false"));
    expect(errors.reason()).toBe("ERR DB index is out of range");
    client.emit("sentinelError", new Error("connect ECONNREFUSED"));
    expect(errors.reason()).toBe("connect ECONNREFUSED");
  });

  it("keeps a consequence if it knows no reason", () => {
    const { client, errors } = remember();
    client.emit("error", new Error("Connection is closed."));
    expect(errors.reason()).toBe("Connection is closed.");
  });

  it("drops the error when the connection is ready", () => {
    const { client, errors } = remember();
    client.emit("error", new Error("connect ECONNREFUSED"));
    client.emit("ready");
    expect(errors.reason()).toBeUndefined();
  });

  it("leaves no listener behind", () => {
    const { client, errors } = remember();
    errors.stop();
    for (const event of ["error", "sentinelError", "node error", "ready"]) expect(client.listenerCount(event)).toBe(0);
  });
});
