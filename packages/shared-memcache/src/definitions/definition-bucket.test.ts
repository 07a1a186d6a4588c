import { describe, expect, it } from "vitest";
import { decodeBucket, encodeBucket } from "./definition-bucket.js";
import { readReference } from "./reference.js";

const bucket = {
  id: "id",
  rows: new Map([
    ["__proto__", { definition: "a\nb\u2028", revision: 2, createdBy: 1 }],
    ["\u{1F680}", { definition: "\ud83d alone", revision: 3, createdBy: 3 }],
  ]),
};

describe("a bucket", () => {
  it("survives encoding and decoding, and each part is one line", () => {
    const { reference, parts } = encodeBucket(bucket);
    for (const part of parts) expect(part).not.toMatch(/[\r\n]/);
    expect(decodeBucket(reference, parts)).toEqual(bucket);
  });

  it("has a reference of its own, even with the same rows as another", () => {
    expect(encodeBucket({ ...bucket, id: "other" }).reference).not.toBe(encodeBucket(bucket).reference);
  });

  it("is not decoded if a part is missing or different", () => {
    const { reference, parts } = encodeBucket(bucket);
    expect(decodeBucket(reference, [undefined])).toBeNull();
    expect(decodeBucket(reference, [`${parts[0]} `])).toBeNull();
  });

  it("that is large is split into parts that fit into items, never inside a character", () => {
    for (const shift of ["", "x"]) {
      const definition = shift + "\u{1F680}".repeat(400_000);
      const large = { id: "id", rows: new Map([["large", { definition, revision: 1, createdBy: 1 }]]) };
      const { reference, parts } = encodeBucket(large);
      expect(readReference(reference).parts).toBe(parts.length);
      expect(parts.length).toBeGreaterThan(3);
      const received = parts.map((part) => Buffer.from(part).toString());
      for (const part of received) expect(Buffer.byteLength(part)).toBeLessThan(1_000_000);
      expect(decodeBucket(reference, received)).toEqual(large);
    }
  });
});
