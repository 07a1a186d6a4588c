import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredEntry } from "@beatx/core/adapter";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkDataFile } from "./check-data-file.js";
import { hasKnownLayout } from "./data-file.js";
import { lmdbStore } from "./lmdb-store.js";

const root = mkdtempSync(join(tmpdir(), "beatx-lmdb-"));
const healthy = join(root, "healthy", "data.mdb");
const copy = join(root, "copy.mdb");
/** In a page: the kind, the end of the list of rows, and the position of the first row. */
const [FLAGS_AT, LOWER_AT, FIRST_ROW_AT] = [18, 20, 24];
/** In a meta page: magic, version, page size, depth and root of the tree of free pages and of entries, last page. */
const META = { magic: 24, version: 28, pageSize: 48, options: 52, depth: 102, freeRoot: 88, root: 136, last: 144 };

/** Enough entries for branch pages, with values on pages of their own, and with free pages. */
beforeAll(async () => {
  const store = lmdbStore({ folder: join(root, "healthy"), namespace: "shop" });
  const names = Array.from({ length: 300 }, (_, index) => `entry ${index}`);
  const put = (definition: string | null, revisions: readonly (string | null)[]) =>
    store.setSchedule(
      names.map((name, index) => ({ name, definition, expectedRevision: revisions[index] ?? null })).slice(0, 150),
    );
  await store.setSchedule(names.map((name) => ({ name, definition: "x".repeat(300), expectedRevision: null })));
  const entries: StoredEntry[] = [];
  for await (const batch of (await store.getSchedule()).batches) entries.push(...batch);
  const revisions = names.map((name) => entries.find((entry) => entry.name === name)!.revision);
  const results = await put("y".repeat(9000), revisions);
  await put(null, results.map((result) => (result.status === "done" ? result.revision : null)).slice(0, 100));
  await store.close();
});
afterAll(() => rmSync(root, { recursive: true }));

/** The pages of the newest step: LMDB writes its two meta pages in turns. */
function layoutOf(bytes: Buffer) {
  const pageSize = bytes.readUInt32LE(META.pageSize);
  const transactionIn = (page: number) => bytes.readBigUInt64LE(page * pageSize + 24 + 128);
  const meta = transactionIn(0) >= transactionIn(1) ? 0 : pageSize;
  const [mainRoot, freeRoot] = [META.root, META.freeRoot].map((at) => Number(bytes.readBigUInt64LE(meta + at)));
  const [main, free] = [mainRoot! * pageSize, freeRoot! * pageSize];
  const pages = Array.from({ length: bytes.length / pageSize }, (_, page) => page * pageSize);
  const largeValues = pages.filter((at) => bytes.readUInt16LE(at + FLAGS_AT) === 4);
  const nodeIn = (page: number, index: number) => page + 24 + bytes.readUInt16LE(page + FIRST_ROW_AT + 2 * index);
  return { pageSize, meta, main, free, nodeIn, largeValues, firstChild: childOf(bytes, nodeIn(main, 0)) * pageSize };
}

function childOf(bytes: Buffer, node: number): number {
  return bytes.readUInt16LE(node) + bytes.readUInt16LE(node + 2) * 65_536;
}

type Damage = (bytes: Buffer, layout: ReturnType<typeof layoutOf>) => void;

const both = (at: number, write: (bytes: Buffer, at: number) => void): Damage => {
  return (bytes, { pageSize }) => [at, pageSize + at].forEach((each) => write(bytes, each));
};

describe.runIf(hasKnownLayout)("a data file", () => {
  it("that is whole, new or empty can be opened", async () => {
    expect(() => checkDataFile(healthy)).not.toThrow();
    await lmdbStore({ folder: join(root, "new") }).close();
    expect(() => checkDataFile(join(root, "new", "data.mdb"))).not.toThrow();
    writeFileSync(copy, "");
    expect(() => checkDataFile(copy)).not.toThrow();
  });

  it.each([
    ["its first page", 100, /ends within meta page 0/],
    ["its second page", 4100, /ends within meta page 1/],
    ["a page of entries", 40_000, /is cut off: it ends before page/],
  ])("that is cut off within %s is refused", (_where, length, message) => {
    copyFileSync(healthy, copy);
    truncateSync(copy, length);
    expect(() => checkDataFile(copy)).toThrow(message);
  });

  it.each<[string, Damage, RegExp]>([
    ["is another file", (bytes) => bytes.fill("text"), /not an LMDB file/],
    ["has one meta page overwritten", (bytes, { pageSize }) => bytes.fill(0, pageSize, pageSize + 64), /meta page 1/],
    [
      "comes from another processor",
      both(META.magic, (bytes, at) => bytes.writeUInt32BE(0xbeefc0de, at)),
      /byte order/,
    ],
    ["has another version", both(META.version, (bytes, at) => bytes.writeUInt16LE(999, at)), /format has version 999/],
    ["has an impossible page size", (bytes) => bytes.writeUInt32LE(4095, META.pageSize), /page size of 4095/],
    ["has foreign options", (bytes) => bytes.writeUInt16LE(0x1008, META.options), /another program wrote it/],
    [
      "has a huge last page",
      both(META.last, (bytes, at) => bytes.writeUInt32LE(0x7fffffff, at)),
      /but 2147483648 pages/,
    ],
    ["has a root that is no page", both(META.root, (bytes, at) => bytes.writeUInt32LE(1, at)), /page 1 is damaged/],
    ["has too deep a tree", both(META.depth, (bytes, at) => bytes.writeUInt16LE(900, at)), /has 900 levels/],
    ["has one level too few", both(META.depth, (bytes, at) => bytes.writeUInt16LE(1, at)), /header is wrong/],
    ["has a page of zeros", (bytes, { firstChild }) => bytes.fill(0, firstChild, firstChild + 4096), /header is wrong/],
    [
      "has a page in another place",
      (bytes, { firstChild, main }) => bytes.copy(bytes, firstChild, main, main + 4096),
      /header/,
    ],
    ["has a page from the future", (bytes, { main }) => bytes.writeUInt32LE(0xffffff, main + 8), /header is wrong/],
    [
      "has a page without rows",
      (bytes, { firstChild }) => bytes.writeUInt16LE(0, firstChild + LOWER_AT),
      /header is wrong/,
    ],
    [
      "has too many rows",
      (bytes, { firstChild }) => bytes.writeUInt16LE(4000, firstChild + LOWER_AT),
      /header is wrong/,
    ],
    [
      "has a row in a wrong place",
      (bytes, { firstChild }) => bytes.writeUInt16LE(9, firstChild + FIRST_ROW_AT),
      /side by side/,
    ],
    [
      "has a row of a wrong size",
      (bytes, { nodeIn, firstChild }) => bytes.writeUInt16LE(60_000, nodeIn(firstChild, 0)),
      /rows/,
    ],
    [
      "names one page twice",
      (bytes, { main, nodeIn }) => bytes.copy(bytes, nodeIn(main, 1), nodeIn(main, 0), nodeIn(main, 0) + 4),
      /used twice/,
    ],
    [
      "names a page beyond its end",
      (bytes, { main, nodeIn }) => bytes.writeUInt16LE(0xffff, nodeIn(main, 0) + 2),
      /no such page/,
    ],
    [
      "has a cut-off large value",
      (bytes, { largeValues }) => largeValues.forEach((page) => bytes.writeUInt32LE(1, page + LOWER_AT)),
      /another number of pages/,
    ],
    [
      "lists a used page as free",
      (bytes, layout) => setFirstFreePage(bytes, layout, layout.main / layout.pageSize),
      /in use/,
    ],
    ["lists a free page that does not exist", (bytes, layout) => setFirstFreePage(bytes, layout, 0xffffff), /as free/],
    [
      "has a cut-off list of free pages",
      (bytes, layout) => bytes.writeUInt32LE(0xffff, freeList(bytes, layout)),
      /cut off/,
    ],
  ])("that %s is refused", (_what, damage, message) => {
    const bytes = readFileSync(healthy);
    damage(bytes, layoutOf(bytes));
    writeFileSync(copy, bytes);
    expect(() => checkDataFile(copy)).toThrow(message);
  });
});

/** The position of the first list of free pages, after its key of 8 bytes. */
function freeList(bytes: Buffer, { free, nodeIn, pageSize }: ReturnType<typeof layoutOf>): number {
  const node = nodeIn(free, 0);
  return bytes.readUInt16LE(node + 4) === 0 ? node + 16 : childOf(bytes, node + 16) * pageSize + 24;
}

function setFirstFreePage(bytes: Buffer, layout: ReturnType<typeof layoutOf>, page: number): void {
  const list = freeList(bytes, layout);
  bytes.writeBigInt64LE(1n, list);
  bytes.writeBigInt64LE(BigInt(page), list + 8);
}
