import { expect, it } from "vitest";
import { keyAfter, keysOf } from "./keys.js";

const LONGEST_KEY_OF_LMDB = 1978;
const ODD_NAMES = [
  "",
  "a",
  "a\0",
  "a\0b",
  "a\n",
  "ä",
  "a\u0308",
  "__proto__",
  "x".repeat(1024),
  "x".repeat(1025),
  "y".repeat(9999),
];

it("every name has a key of its own that LMDB allows", () => {
  const keys = keysOf("beatx");
  const all = ODD_NAMES.flatMap((name) => [keys.definition(name), keys.cursor(name)]);
  expect(new Set(all.map((key) => key.toString("hex"))).size).toBe(all.length);
  expect(Math.max(...all.map((key) => key.length))).toBeLessThanOrEqual(LONGEST_KEY_OF_LMDB);
});

it("the range of definitions contains all definitions and nothing else", () => {
  const keys = keysOf("beatx");
  const { start, end } = keys.definitions;
  const isInside = (key: Buffer): boolean => Buffer.compare(key, start) >= 0 && Buffer.compare(key, end) < 0;
  expect(ODD_NAMES.every((name) => isInside(keys.definition(name)))).toBe(true);
  const others = [keys.guard, keys.lock, keys.history, keys.cursor("a"), keys.change(1), keysOf("b").definition("a")];
  expect(others.some(isInside)).toBe(false);
});

it("namespaces share no key, even if one is a prefix of the other", () => {
  const everyKey = (namespace: string): string[] => {
    const keys = keysOf(namespace);
    return [keys.guard, keys.lock, keys.history, keys.definition("a"), keys.cursor("a")].map((key) =>
      key.toString("hex"),
    );
  };
  expect(new Set(["", "a", "ab", "a\0", "a:b"].flatMap(everyKey)).size).toBe(25);
});

it("changes sort by their numbers, from the first to one in thousands of years", () => {
  const keys = keysOf("beatx");
  const ordered = [0, 1, 255, 256, 1_767_225_600_000, 2 ** 47].map((revision) => keys.change(revision));
  expect([...ordered].sort(Buffer.compare)).toEqual(ordered);
});

it("no key lies between a key and the one after it", () => {
  const key = Buffer.from("abc");
  expect(Buffer.compare(key, keyAfter(key))).toBe(-1);
  expect(Buffer.compare(keyAfter(key), Buffer.from("abc\0"))).toBe(0);
});
