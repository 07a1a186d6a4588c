import { describe, expect, it } from "vitest";

import { occurrenceId, occurrenceSuffix, stableOffset } from "./ids.js";

const idOf = (namespace: string, entry: string, instant: number): string =>
  occurrenceId(instant, occurrenceSuffix(namespace, entry));

describe("occurrence ids", () => {
  it("are the UUIDs of version 8 that any other implementation computes", () => {
    // Python: sha1 = hashlib.sha1(b"shop\0daily-report").digest(); the instant in 48 bits, then sha1[:10] with the bits of
    // version and variant set: uuid.UUID(bytes=bytes(…)).version == 8
    expect(idOf("shop", "daily-report", 1767225600000)).toBe("019b76da-a800-8cf8-a17c-d898febecd21");
    expect(idOf("shop", "daily-report", -62135596800000)).toBe("c77cedd3-2800-8cf8-a17c-d898febecd21");
  });

  it("differ by namespace, entry and instant, also where the names joined are the same", () => {
    const ids = [idOf("a", "bc", 1), idOf("a", "bc", 2), idOf("ab", "c", 1), idOf("a", "b", 1), idOf("b", "bc", 1)];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("tell the instant, over the whole range of instants, before 1970 too", () => {
    for (const instant of [-1e14, -1, 0, 1, 1767225600000, 1e14]) {
      const id = idOf("shop", "daily-report", instant);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(BigInt.asIntN(48, BigInt(`0x${id.slice(0, 8)}${id.slice(9, 13)}`))).toBe(BigInt(instant));
    }
  });
});

describe("stable jitter", () => {
  it("is always the same for a name, below its range, and spread over it", () => {
    const offsets = Array.from({ length: 1_000 }, (_, index) => stableOffset(`entry-${index}`, 60_000));
    expect(stableOffset("entry-7", 60_000)).toBe(offsets[7]);
    expect(Math.max(...offsets)).toBeLessThan(60_000);
    expect(offsets.filter((offset) => offset < 30_000).length).toBeGreaterThan(400);
    expect(stableOffset("x", 0)).toBe(0);
  });
});
