import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeQuietly } from "./quiet-lmdb.js";

const print = vi.fn();
const original = console.error;

beforeEach(() => {
  print.mockClear();
  console.error = print;
});
afterEach(() => {
  console.error = original;
});

function errorFrom(file: string, code: unknown = 5): Error {
  const error = Object.assign(new Error("Input/output error"), { code });
  error.stack = `Error: Input/output error\n    at Function.<anonymous> (${file}:516:7)\n    at node:internal:1:1`;
  return error;
}

const fromLmdb = errorFrom("file:///app/node_modules/lmdb/write.js");

/** A write that is under way until `end` is called. */
function beginWrite(): { readonly end: () => void; readonly ended: Promise<void> } {
  let end = (): void => {};
  const ended = writeQuietly(() => new Promise<void>((resolve) => (end = resolve)));
  return { end, ended };
}

describe("while a write is under way", () => {
  it.each([
    "file:///app/node_modules/lmdb/write.js",
    "C:\\app\\node_modules\\lmdb\\dist\\index.cjs",
    "/app/node_modules/lmdb/dist/index.cjs",
  ])("an error of lmdb-js is not printed (%s)", async (file) => {
    const { end, ended } = beginWrite();
    console.error(errorFrom(file));
    end();
    await ended;
    expect(print).not.toHaveBeenCalled();
  });

  it.each([
    [errorFrom("/app/src/orders.js")],
    [errorFrom("/app/packages/store-lmdb/dist/rows.js")],
    [errorFrom("/app/node_modules/lmdb/write.js", "EIO")],
    ["a text", 1],
    ["with an error", fromLmdb],
    [],
  ])("whatever else is printed is printed as before: %s", async (...printed) => {
    const { end, ended } = beginWrite();
    console.error(...printed);
    end();
    await ended;
    expect(print.mock.calls).toEqual([printed]);
  });
});

describe("the console", () => {
  it("is left alone before and after the writes of all stores, also when they fail", async () => {
    const [one, two] = [beginWrite(), beginWrite()];
    one.end();
    await one.ended;
    console.error(fromLmdb);
    expect(print).not.toHaveBeenCalled();
    two.end();
    await two.ended;
    expect(console.error).toBe(print);
    await expect(writeQuietly(() => Promise.reject(new Error("full")))).rejects.toThrow("full");
    expect(console.error).toBe(print);
  });

  it("keeps what the application puts there during a write", async () => {
    const theirs = vi.fn();
    const { end, ended } = beginWrite();
    console.error = theirs;
    end();
    await ended;
    expect(console.error).toBe(theirs);
  });
});
