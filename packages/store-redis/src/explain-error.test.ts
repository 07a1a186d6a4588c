import { StoreError } from "@beatx/core/adapter";
import { describe, expect, it } from "vitest";
import { explainError, isImpossible } from "./explain-error.js";

describe("an error of Redis", () => {
  it.each([
    ["READONLY You can't write against a read only replica.", /a replica.*redis-sentinel:/],
    ["LOADING Redis is loading the dataset in memory", /still loading/],
    ["OOM command not allowed when used memory > 'maxmemory'.", /raise maxmemory/],
    ["MASTERDOWN Link with MASTER is down", /lost its master/],
    ["CROSSSLOT Keys in request don't hash to the same slot", /use redis-cluster:/],
    ["NOPERM this user has no permissions to run the 'evalsha' command", /lacks a permission/],
    ["ERR The user executing the script can't run this command or subcommand", /lacks a permission/],
    ["WRONGPASS invalid username-password pair or user is disabled.", /user or password/],
    ["WRONGTYPE Operation against a key holding the wrong kind of value", /another namespace/],
    ["ERR Error running script: -READONLY You can't write", /a replica/],
  ])("%s is explained", (words, explanation) => {
    const error = explainError("move cursors", new Error(words));
    expect(StoreError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/^could not move cursors: /);
    expect(error.message).toMatch(explanation);
    expect(error.message).toContain(words);
  });

  it("never carries the command and its arguments along", () => {
    const raw = Object.assign(new Error("WRONGPASS"), {
      command: { name: "hello", args: ["3", "AUTH", "u", "secret"] },
    });
    expect(JSON.stringify(explainError("acquire the lock", raw).cause)).not.toContain("secret");
    expect(explainError("acquire the lock", raw).cause).not.toHaveProperty("command");
  });

  it("of a whole cluster shows what its last node said", () => {
    const raw = Object.assign(new Error("Failed to refresh slots cache."), {
      lastNodeError: new Error("ECONNREFUSED"),
    });
    expect(explainError("acquire the lock", raw).message).toMatch(/slots cache.*ECONNREFUSED/);
  });

  it("that is a StoreError already stays as it is", () => {
    const error = new StoreError("could not tell");
    expect(explainError("acquire the lock", error)).toBe(error);
  });

  it("is told apart: never possible, or only not now", () => {
    expect(isImpossible(new Error("ERR SELECT is not allowed in cluster mode"))).toBe(true);
    expect(isImpossible(new Error("ERR DB index is out of range"))).toBe(true);
    expect(isImpossible(new Error("LOADING Redis is loading the dataset in memory"))).toBe(false);
    expect(isImpossible(new Error("no connection to redis://h/99: ERR DB index is out of range"))).toBe(false);
    expect(isImpossible(new Error("connect ECONNREFUSED 127.0.0.1:1"))).toBe(false);
  });
});
