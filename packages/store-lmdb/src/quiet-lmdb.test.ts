import { afterEach, beforeEach, expect, it, vi } from "vitest";

const print = vi.fn();
const original = console.error;

beforeEach(async () => {
  print.mockClear();
  console.error = print;
  vi.resetModules();
  const { keepLmdbQuiet } = await import("./quiet-lmdb.js");
  keepLmdbQuiet();
  keepLmdbQuiet();
});
afterEach(() => {
  console.error = original;
});

function errorFrom(file: string, code: unknown = 5): Error {
  const error = Object.assign(new Error("Input/output error"), { code });
  error.stack = `Error: Input/output error\n    at Function.<anonymous> (${file}:516:7)\n    at node:internal:1:1`;
  return error;
}

it("an error that lmdb-js prints before it rejects the write is not printed", () => {
  console.error(errorFrom("file:///app/node_modules/lmdb/write.js"));
  console.error(errorFrom("C:\\app\\node_modules\\lmdb\\dist\\index.cjs"));
  console.error(errorFrom("/app/node_modules/lmdb/dist/index.cjs"));
  expect(print.mock.calls.map(([error]) => (error as Error).stack?.split("\n")[1])).toEqual([]);
});

it.each([
  [errorFrom("/app/src/orders.js")],
  [errorFrom("/app/packages/store-lmdb/dist/rows.js")],
  [errorFrom("/app/node_modules/lmdb/write.js", "EIO")],
  ["a text", 1],
  ["with an error", errorFrom("/app/node_modules/lmdb/write.js")],
])("whatever else is printed is printed as before: %s", (...printed) => {
  console.error(...printed);
  expect(print.mock.calls).toEqual([printed]);
});
