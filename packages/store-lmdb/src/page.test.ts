import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@beatx/core";
import { compareNames } from "@beatx/core/adapter";
import { open } from "lmdb";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { keysOf } from "./keys.js";
import { lmdbStore } from "./lmdb-store.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "beatx-lmdb-"));
  return () => rmSync(folder, { recursive: true });
});

async function storeWith(names: readonly string[]): Promise<Store> {
  const store = lmdbStore({ folder, namespace: "shop" });
  onTestFinished(() => store.close());
  const results = await store.setSchedule(names.map((name) => ({ name, definition: "{}", expectedRevision: null })));
  expect(results.every(({ status }) => status === "done")).toBe(true);
  return store;
}

/** All names in pages of `limit`. */
async function list(store: Store, limit: number, prefix = ""): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page = await store.listEntries({ prefix, limit, ...(after === undefined ? {} : { after }) });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    names.push(...page.entries.map(({ name }) => name));
    after = page.next;
  }
  return names;
}

describe("pages of an LMDB store", () => {
  const long = (begin: string, length: number): string => begin + "x".repeat(length - begin.length);

  it.each([1, 2, 5, 1000])("of %i hold names that are too long for a key at their place", async (limit) => {
    const names = [
      "a",
      "b",
      "b" + "x".repeat(500),
      long("b", 1024),
      long("b", 1025),
      long("bb", 3000),
      long("bxz", 2000),
      "c",
    ];
    const store = await storeWith([...names].reverse());
    const ordered = [...names].sort(compareNames);
    expect(await list(store, limit)).toEqual(ordered);
    expect(await list(store, limit, "b")).toEqual(ordered.filter((name) => name.startsWith("b")));
    const prefix = "b" + "x".repeat(1024);
    expect(await list(store, limit, prefix)).toEqual(ordered.filter((name) => name.startsWith(prefix)));
  });

  it.each([1, 2, 10])("of %i go on behind a key whose name cannot be read", async (limit) => {
    const first = await storeWith(["a", "b"]);
    await first.close();
    const options = { path: folder, noSubdir: false, keyEncoding: "binary", useVersions: true } as const;
    const raw = open<unknown, Buffer>({ ...options, overlappingSync: false, eventTurnBatching: false });
    const { definition } = keysOf("shop");
    for (const bytes of [[0x61, 0xff], [0x62, 0xff], [0xff]]) {
      await raw.put(Buffer.concat([definition(""), Buffer.from(bytes)]), 7, 0);
    }
    await raw.close();
    const store = await storeWith(["c"]);
    expect(await list(store, limit)).toEqual(["a", "b", "c"]);
  });

  it("are read up to 1000 entries at a time, however many are asked for", async () => {
    const names = Array.from({ length: 1500 }, (_, index) => `entry ${String(index).padStart(4, "0")}`);
    const store = await storeWith(names);
    const page = await store.listEntries({ limit: 100_000 });
    expect(page.entries).toHaveLength(1000);
    expect(page.next).toBe("entry 0999");
    expect(await list(store, 100_000)).toEqual(names);
  });
});
