import { describe, expect, it } from "vitest";
import { explainWith, isImpossible, lacksRight } from "./explain-words.js";

const explainWords = explainWith({
  sentinels: "use redis-sentinel:",
  cluster: "use redis-cluster:",
  foreignKey: "choose another namespace",
});

describe("an error of Redis", () => {
  it.each([
    ["READONLY You can't write against a read only replica.", /a replica.*redis-sentinel:/],
    ["LOADING Redis is loading the dataset in memory", /still loading/],
    ["OOM command not allowed when used memory > 'maxmemory'.", /raise maxmemory/],
    ["MASTERDOWN Link with MASTER is down", /lost its master/],
    ["CROSSSLOT Keys in request don't hash to the same slot", /use redis-cluster:/],
    ["NOPERM this user has no permissions to run the 'evalsha' command", /lacks a right/],
    ["ERR The user executing the script can't run this command or subcommand", /lacks a right/],
    ["WRONGPASS invalid username-password pair or user is disabled.", /user or password/],
    ["WRONGTYPE Operation against a key holding the wrong kind of value", /another namespace/],
    ["ERR Error running script: -READONLY You can't write", /a replica/],
  ])("%s is explained", (words, explanation) => {
    expect(explainWords(words)).toMatch(explanation);
  });

  it("that is unknown is not explained", () => {
    expect(explainWords("ERR syntax error")).toBeUndefined();
  });

  it("says that the user lacks a right in the words of each version", () => {
    for (const words of [
      "NOPERM this user has no permissions to access one of the keys used as arguments",
      "ERR The user executing the script can't run this command or subcommand script: 1, on @user_script:2.",
      "ERR ACL failure in script: User bx has no permissions to run the 'type' command script: 1, on @user_script:2.",
    ]) {
      expect(lacksRight(words)).toBe(true);
      expect(isImpossible(new Error(words))).toBe(true);
    }
    expect(lacksRight("NOAUTH Authentication required.")).toBe(false);
  });

  it("is either final or temporary", () => {
    expect(isImpossible(new Error("ERR SELECT is not allowed in cluster mode"))).toBe(true);
    expect(isImpossible(new Error("ERR DB index is out of range"))).toBe(true);
    expect(isImpossible(new Error("LOADING Redis is loading the dataset in memory"))).toBe(false);
    expect(isImpossible(new Error("no connection to redis://h/99: ERR DB index is out of range"))).toBe(false);
    expect(isImpossible(new Error("connect ECONNREFUSED 127.0.0.1:1"))).toBe(false);
  });
});
