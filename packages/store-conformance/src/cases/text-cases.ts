import assert from "node:assert/strict";
import type { Store } from "@beatx/core";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, create, moveOf, readAll, readEntry, write } from "./entries.js";
import { assertRejects, lead } from "./nodes.js";

/** Names that people, escaping rules and databases stumble over. */
export const ODD_NAMES: readonly string[] = [
  " ",
  " leading and trailing ",
  "two  spaces",
  "tab\tand\nnewline\r\n",
  "\"double\" and 'single' and `back`",
  "$1 ${HOME} $(id) %s %00",
  "back\\slash and /slash/ and ..",
  "a:b:c {tag} [0-9]* ?",
  "ünïcödé",
  "u\u0308ni\u0308code decomposed",
  "\u00fcn\u00efcode decomposed",
  "日本語の名前",
  "\u202Eright to left",
  "\u{1F680}\u{1F469}\u200D\u{1F4BB}",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "undefined",
  "true",
  "0",
  "00",
  "1.0",
  "-1",
  "1e3",
  "NaN",
  "name",
  "Name",
  "name\u00a0",
  "n".repeat(300),
  "\u{1F680}".repeat(100),
];

const ODD_TEXTS: readonly string[] = [
  '{"task":"a.b","args":[1,"zwei",null]}',
  "null",
  "0",
  "007",
  "line\nbreak\r\nand tab\t",
  " surrounded by spaces ",
  "a NUL \u0000 in the middle",
  "separators \u2028 and \u2029, a mark \ufeff",
  "\u{1F680} \u{10FFFF} 日本語 ünïcödé u\u0308",
  "'; DROP TABLE entries; -- \\ \" ` $ %s {0}",
  "x".repeat(20_000),
];

/** Some stores accept larger texts than a test should send. */
const LARGEST_TRIED_BYTES = 16 * 1024 * 1024;

function hasTriableLimit(store: Store): boolean {
  return store.capabilities.maxValueBytes <= LARGEST_TRIED_BYTES;
}

/** Texts are stored and compared byte for byte, and never parsed. */
export const textCases: readonly ConformanceCase[] = casesOf("texts", [
  {
    name: "every name is stored unchanged, and names that look alike are different entries",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      const revisions = new Map<string, string>();
      for (const name of ODD_NAMES) revisions.set(name, await create(nodeA, name, `definition of ${name}`));
      const moves = ODD_NAMES.map((name) => moveOf(name, null, `cursor of ${name}`, revisions.get(name)!));
      for (const answer of await nodeA.advance(lease, moves)) assert.deepEqual(answer, { status: "done" });
      const entries = await readAll(nodeB);
      assert.equal(entries.size, ODD_NAMES.length);
      for (const name of ODD_NAMES) {
        const texts = { definition: `definition of ${name}`, cursor: `cursor of ${name}` };
        assert.deepEqual(entries.get(name), { name, revision: revisions.get(name), ...texts });
      }
    },
  },
  {
    name: "removing an entry of any name removes only that entry",
    async run({ nodeA, nodeB }) {
      const revisions = new Map<string, string>();
      for (const name of ODD_NAMES) revisions.set(name, await create(nodeA, name));
      for (const [index, name] of ODD_NAMES.entries()) {
        await write(nodeB, { name, definition: null, expectedRevision: revisions.get(name)! });
        if (index % 8 === 0) assert.equal((await readAll(nodeA)).size, ODD_NAMES.length - index - 1);
      }
      assert.equal((await readAll(nodeA)).size, 0);
    },
  },
  {
    name: "every text is stored byte for byte, as a definition and as a cursor",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeA, ttlMs);
      for (const [index, text] of ODD_TEXTS.entries()) {
        const name = `entry ${index}`;
        const revision = await create(nodeA, name, text);
        await advanceOne(nodeA, lease, moveOf(name, null, text, revision));
        assert.deepEqual(await readEntry(nodeB, name), { name, definition: text, revision, cursor: text });
        const next = await advanceOne(nodeA, lease, moveOf(name, text, `${text}.`, revision));
        assert.deepEqual(next, { status: "done" }, `a move from ${JSON.stringify(text.slice(0, 50))}`);
      }
    },
  },
  {
    name: "a definition and a cursor of maxValueBytes are accepted",
    needs: hasTriableLimit,
    async run({ nodeA, nodeB, ttlMs }) {
      const text = "x".repeat(nodeA.capabilities.maxValueBytes);
      const revision = await create(nodeA, "large", text);
      const move = moveOf("large", null, text, revision);
      assert.deepEqual(await advanceOne(nodeA, await lead(nodeA, ttlMs), move), { status: "done" });
      const entry = await readEntry(nodeB, "large");
      assert.ok(entry.definition === text && entry.cursor === text, "the text was read back changed");
    },
  },
  {
    name: "a definition or cursor of more than maxValueBytes is refused and not stored",
    needs: hasTriableLimit,
    async run({ nodeA, nodeB, ttlMs }) {
      const { maxValueBytes } = nodeA.capabilities;
      const revision = await create(nodeA, "report");
      const lease = await lead(nodeA, ttlMs);
      for (const text of ["x".repeat(maxValueBytes + 1), "ü".repeat(maxValueBytes / 2 + 1)]) {
        const change = { name: "large", definition: text, expectedRevision: null };
        await assertRejects(nodeA.setSchedule([change]), "a definition that is too long", "VALUE_TOO_LARGE");
        const move = moveOf("report", null, text, revision);
        await assertRejects(nodeA.advance(lease, [move]), "a cursor that is too long", "VALUE_TOO_LARGE");
      }
      assert.deepEqual(
        [...(await readAll(nodeB)).values()].map(({ name, cursor }) => [name, cursor]),
        [["report", null]],
      );
    },
  },
]);
