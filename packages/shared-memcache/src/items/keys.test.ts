import { describe, expect, it } from "vitest";
import { bucketOf, CURSOR_BUCKETS, memcacheKeys, definitionIndex, indexesOfPrefix, parentOf } from "./keys.js";

describe("keys", () => {
  it("contain no text of the namespace, and keep namespaces apart", () => {
    const namespaces = ["a$$b", "a$b", "a b", "a\r\nb", "\u{1F680}", "n".repeat(300)];
    const keys = namespaces.map((namespace) => memcacheKeys(namespace).lock);
    for (const key of keys) expect(key).toMatch(/^beatx:[\w-]{22}:lock$/);
    expect(new Set(keys).size).toBe(namespaces.length);
  });

  it("are the same on every node and in every version: otherwise data would be lost", () => {
    expect(memcacheKeys("beatx")).toMatchObject({
      lock: "beatx:OsXB42yeczcP7MC5VuZJNX:lock",
      manifest: "beatx:OsXB42yeczcP7MC5VuZJNX:manifest",
    });
    expect(["", "report", "\u{1F680}", "daily-report"].map((name) => bucketOf(name, 8192))).toEqual([
      7179, 89, 5940, 6981,
    ]);
  });

  it("spread names evenly over all buckets", () => {
    const counts = new Map<number, number>();
    for (let index = 0; index < 12_800; index += 1) {
      const bucket = bucketOf(`entry ${index}`, CURSOR_BUCKETS);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    expect(counts.size).toBe(CURSOR_BUCKETS);
    expect(Math.max(...counts.values())).toBeLessThan(160);
  });
});

describe("the bucket of a name", () => {
  const names = [...Array.from({ length: 3_000 }, (_, index) => `entry ${index}`), "@beatx/cluster", "@beatx/run/1"];

  it("changes only from the parent of an added bucket to that bucket", () => {
    for (let buckets = 1; buckets < 200; buckets += 1) {
      for (const name of names) {
        const [before, after] = [definitionIndex(name, buckets), definitionIndex(name, buckets + 1)];
        expect(before === after || (after === buckets && before === parentOf(buckets)), name).toBe(true);
      }
    }
  });

  it("is one of the first for a name of beatx, and any for others", () => {
    const reserved = Array.from({ length: 1_000 }, (_, index) => definitionIndex(`@beatx/run/${index}`, 150));
    expect(new Set(reserved)).toEqual(new Set(indexesOfPrefix("@beatx/run/", 150)));
    expect(new Set(reserved).size).toBe(8);
    expect(new Set(names.map((name) => definitionIndex(name, 150))).size).toBe(150);
  });
});
