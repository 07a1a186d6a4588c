import { describe, expect, it } from "vitest";
import { bucketOf, CURSOR_BUCKETS, memcacheKeys } from "./keys.js";

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
