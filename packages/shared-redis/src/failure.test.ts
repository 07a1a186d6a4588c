import { PublishError, StoreError } from "@beatx/core/adapter";
import { describe, expect, it } from "vitest";
import { explainWith } from "./explain-words.js";
import { explainFailure, isRefusal } from "./failure.js";

const settings = { place: "the broker at redis://h:6379/0", errorClass: PublishError };
const reply = (words: string): Error => Object.assign(new Error(words), { name: "ReplyError" });

describe("the error for work that failed", () => {
  it("says what failed and why, in the class of its user", () => {
    const error = explainFailure("publish", reply("OOM command not allowed"), settings);
    expect(PublishError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      code: "PUBLISH",
      message: "could not publish: the broker at redis://h:6379/0 refused a command: OOM command not allowed",
    });
    expect(explainFailure("read", new Error("x"), { ...settings, errorClass: StoreError }).code).toBe("STORE");
  });

  it("does not claim that nothing was sent", () => {
    const lost = new Error("Connection is closed.");
    expect(explainFailure("publish", lost, settings)).toMatchObject({ notSent: false });
  });

  it("adds the reason why there is no connection, once, and advice", () => {
    const lost = new Error("Connection is closed.");
    expect(explainFailure("publish", lost, settings, { reason: "read ECONNRESET" }).message).toMatch(
      /^could not publish: the broker at redis:\/\/h:6379\/0: Connection is closed: read ECONNRESET; check that it is running/,
    );
    expect(explainFailure("publish", lost, settings, { reason: lost.message }).message).toMatch(
      /: Connection is closed\.; check/,
    );
  });

  it("of a server that answered does not mention an earlier connection", () => {
    expect(explainFailure("publish", reply("OOM"), settings, { reason: "read ECONNRESET" }).message).not.toContain(
      "ECONNRESET",
    );
  });

  it("gives its user's explanation, if there is one, with the server's words", () => {
    const explain = (words: string): string | undefined => (words === "OOM" ? "raise maxmemory" : undefined);
    expect(explainFailure("publish", reply("OOM"), { ...settings, explain }).message).toBe(
      "could not publish: raise maxmemory (the broker at redis://h:6379/0: OOM)",
    );
    expect(explainFailure("publish", reply("BUSY"), { ...settings, explain }).message).toMatch(
      /refused a command: BUSY$/,
    );
  });

  it("names the right that the user lacks", () => {
    const right = "it may not run ZSCORE: add +zscore to the user's rights";
    expect(explainFailure("publish", reply("NOPERM"), settings, { right }).message).toBe(
      `could not publish: the Redis user lacks a right: ${right} (the broker at redis://h:6379/0: NOPERM)`,
    );
  });

  it("names the user who lacks it, since several may share a server", () => {
    const right = "it may not run ZSCORE: add +zscore to the user's rights";
    const ofBeatx = { ...settings, user: "beatx" };
    expect(explainFailure("publish", reply("NOPERM"), ofBeatx, { right }).message).toMatch(
      /^could not publish: the Redis user "beatx" lacks a right: it may not run ZSCORE/,
    );
    const explain = explainWith({ sentinels: "s", cluster: "c", foreignKey: "f" });
    expect(explainFailure("publish", reply("NOPERM no rights"), { ...ofBeatx, explain }).message).toMatch(
      /: the Redis user "beatx" lacks a right: the README/,
    );
    expect(explainFailure("publish", reply("OOM"), { ...ofBeatx, explain }).message).not.toContain('"beatx"');
  });

  it.each([
    ["ERR max number of clients reached", /raise its maxclients.*ERR max number/],
    ["write EPROTO C0:error:0A00010B:SSL routines:ssl3_get_record:wrong version number", /not speak TLS.*write EPROTO/],
  ])("explains a connection that is refused: %s", (words, message) => {
    expect(explainFailure("publish", new Error(words), settings).message).toMatch(message);
    expect(explainFailure("publish", new Error("Connection is closed."), settings, { reason: words }).message).toMatch(
      message,
    );
  });

  it("explains a connection that is closed at once, and not one that is lost later", () => {
    const none = new Error("no connection to the broker");
    expect(explainFailure("publish", none, settings, { reason: "write EPIPE" }).message).toMatch(
      /maxclients.*protected mode.*TLS/,
    );
    const lost = new Error("the connection was lost before the answer came");
    expect(explainFailure("publish", lost, settings, { reason: "read ECONNRESET" }).message).not.toContain(
      "maxclients",
    );
  });

  it("never carries the command and its arguments", () => {
    const raw = Object.assign(new Error("WRONGPASS"), {
      command: { name: "hello", args: ["3", "AUTH", "u", "secret"] },
    });
    const error = explainFailure("publish", raw, settings);
    expect(JSON.stringify([error, error.cause])).not.toContain("secret");
    expect(error.cause).toEqual(new Error("WRONGPASS"));
    expect(error.cause).not.toHaveProperty("command");
  });

  it("of a whole cluster shows the words of its last node", () => {
    const raw = Object.assign(new Error("Failed to refresh slots cache."), {
      lastNodeError: new Error("ECONNREFUSED"),
    });
    expect(explainFailure("publish", raw, settings).message).toMatch(/slots cache.*ECONNREFUSED/);
  });

  it("is unchanged if it is a BeatxError already", () => {
    const error = new StoreError("unknown");
    expect(explainFailure("publish", error, settings)).toBe(error);
  });
});

it("an answer of the server is no silence", () => {
  expect(isRefusal(reply("NOPERM"))).toBe(true);
  expect(isRefusal(new Error("Connection is closed."))).toBe(false);
});
