import assert from "node:assert/strict";
import { compareNames, type StoredEntry } from "@beatx/core/adapter";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, create, createMany, listAll, moveOf, readAll, write } from "./entries.js";
import { lead } from "./nodes.js";
import { ODD_NAMES } from "./text-cases.js";

/** Their order in UTF-16, that of a dictionary, and that of their bytes all differ. */
const UNORDERED = [
  "\u{1f680}",
  "\ufb01",
  "\u00e9",
  "z",
  "a",
  "Z",
  "a b",
  "a\u0000",
  "a!",
  "10",
  "9",
  "é",
  ...ODD_NAMES,
];

/** Characters that mean something in the patterns of a database. */
const PREFIXED = [
  "a.b",
  "a.c",
  "a.",
  "a",
  "ab",
  "A.b",
  "a*",
  "a*b",
  "[a]",
  "[b",
  "a\\b",
  "a%",
  "a_b",
  "b.a",
  "a.\u{10ffff}x",
];

const namesOf = (entries: readonly StoredEntry[]): string[] => entries.map(({ name }) => name);
const ordered = (names: Iterable<string>): string[] => [...new Set(names)].sort(compareNames);
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `entry ${String(index).padStart(5, "0")}`);

/** Listing entries page by page. */
export const pageCases: readonly ConformanceCase[] = casesOf("pages", [
  {
    name: "a namespace without entries has no pages but an empty one",
    async run({ nodeA }) {
      assert.deepEqual(await nodeA.listEntries({ limit: 10 }), { entries: [], next: null });
      assert.deepEqual(await nodeA.listEntries({ limit: 10, prefix: "a", after: "b" }), { entries: [], next: null });
    },
  },
  {
    name: "all pages together hold the entries of a complete reading, in the order of the bytes of their names",
    async run({ nodeA, nodeB }) {
      await createMany(nodeA, ordered(UNORDERED).reverse());
      const all = await readAll(nodeA);
      for (const limit of [1, 7, 1000]) {
        const listed = await listAll(nodeB, { limit });
        assert.deepEqual(namesOf(listed), ordered(UNORDERED));
        assert.deepEqual(
          listed,
          ordered(UNORDERED).map((name) => all.get(name)),
        );
      }
    },
  },
  {
    name: "pages of a prefix hold the names that begin with it, whatever characters it has",
    async run({ nodeA, nodeB }) {
      await createMany(nodeA, PREFIXED);
      for (const prefix of ["", "a", "a.", "a*", "[", "a\\", "a%", "a_", "b", "c", "a.\u{10ffff}", "a.b."]) {
        const expected = ordered(PREFIXED.filter((name) => name.startsWith(prefix)));
        for (const limit of [1, 2, 100]) {
          assert.deepEqual(
            namesOf(await listAll(nodeB, { prefix, limit })),
            expected,
            JSON.stringify({ prefix, limit }),
          );
        }
      }
    },
  },
  {
    name: "a page begins after any text, whether it is a name or not",
    async run({ nodeA, nodeB }) {
      const revisions = await createMany(nodeA, ["b.1", "b.2", "b.3", "c"]);
      await write(nodeA, { name: "b.2", definition: null, expectedRevision: revisions.get("b.2")! });
      const after = async (text: string, prefix?: string): Promise<string[]> =>
        namesOf(await listAll(nodeB, { after: text, ...(prefix === undefined ? {} : { prefix }) }));
      assert.deepEqual(await after(""), ["b.1", "b.3", "c"]);
      assert.deepEqual(await after("b.1"), ["b.3", "c"]);
      assert.deepEqual(await after("b.2"), ["b.3", "c"]);
      assert.deepEqual(await after("b.10"), ["b.3", "c"]);
      assert.deepEqual(await after("c"), []);
      assert.deepEqual(await after("a", "b."), ["b.1", "b.3"]);
      assert.deepEqual(await after("b.1", "b."), ["b.3"]);
      assert.deepEqual(await after("c", "b."), []);
    },
  },
  {
    name: "names that exist during a whole listing come once, while others are created and removed",
    async run({ nodeA, nodeB }) {
      const names = numbered(600);
      const revisions = await createMany(nodeA, names);
      const isKept = (_: string, index: number): boolean => index % 3 !== 0;
      const going = names.filter((name, index) => !isKept(name, index));
      const kept = names.filter(isKept);
      const change = (name: string, definition: string | null): Promise<string> =>
        write(nodeA, { name, definition, expectedRevision: revisions.get(name)! });
      const listed = await listAll(nodeB, { limit: 50 }, async (page) => {
        for (const name of going.splice(0, 15)) await change(name, null);
        await change(kept[page * 20]!, "replaced");
        await create(nodeA, `entry ${page}`);
        await create(nodeA, `created ${page}`);
      });
      const counts = new Map<string, number>();
      for (const { name } of listed) counts.set(name, (counts.get(name) ?? 0) + 1);
      for (const name of kept) assert.equal(counts.get(name), 1, `${name} came ${counts.get(name)} times`);
      assert.ok(
        [...counts.values()].every((count) => count === 1),
        "a name came twice",
      );
    },
  },
  {
    name: "each page shows the changes that were answered before it was asked for",
    async run({ nodeA, nodeB, ttlMs }) {
      const revisions = await createMany(nodeA, ["ran", "removed", "replaced"]);
      await listAll(nodeB);
      const lease = await lead(nodeA, ttlMs);
      await advanceOne(nodeA, lease, moveOf("ran", null, "first", revisions.get("ran")!));
      await write(nodeA, { name: "removed", definition: null, expectedRevision: revisions.get("removed")! });
      await write(nodeA, { name: "replaced", definition: "new", expectedRevision: revisions.get("replaced")! });
      await create(nodeA, "created");
      const all = await readAll(nodeA);
      assert.deepEqual(
        await listAll(nodeB),
        ["created", "ran", "replaced"].map((name) => all.get(name)),
      );
    },
  },
  {
    name: "thousands of entries are listed in pages, and the last page says so",
    async run({ nodeA, nodeB }) {
      const names = numbered(2500);
      await createMany(nodeA, names);
      assert.deepEqual(namesOf(await listAll(nodeB, { limit: 500 })), names);
      assert.deepEqual(namesOf(await listAll(nodeB, { limit: 5000 })), names);
    },
  },
]);
