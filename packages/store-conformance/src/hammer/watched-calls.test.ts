import assert from "node:assert/strict";
import { afterEach, describe, it } from "vitest";
import { WatchedCalls } from "./watched-calls.js";

let calls: WatchedCalls;

afterEach(() => calls.end());

const never = (): Promise<never> => new Promise(() => undefined);

describe("a watched call", () => {
  it("ends as the store's call does", async () => {
    calls = new WatchedCalls(60_000, assert.fail);
    assert.equal(await calls.make("renewLock", async () => true), true);
    await assert.rejects(
      calls.make("renewLock", () => Promise.reject(new Error("no"))),
      /^Error: no$/,
    );
    const thrower = (): never => {
      throw new Error("at once");
    };
    await assert.rejects(calls.make("renewLock", thrower), /at once/);
  });

  it("rejects at its deadline, and is reported once if it never ends", async () => {
    const unended = await new Promise((resolve) => {
      calls = new WatchedCalls(20, resolve);
      calls.make("advance", never).catch((error: unknown) => {
        assert.match(String(error), /no answer within 20 ms/);
      });
      void calls.watch("acquireLock", async () => undefined);
    });
    assert.equal(unended, "advance");
  });
});
