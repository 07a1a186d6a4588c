import type { CursorMove } from "@beatx/core/adapter";
import { describe, expect, it } from "vitest";
import { moveCursors } from "./cursors.js";
import { keysOf } from "./keys.js";
import type { RowWriter } from "./rows.js";

const keys = keysOf("cursors");
const history = { life: "0123456789ab", last: 9, forgottenTo: 0 };
const move: CursorMove = { name: "daily", from: "before", to: "after", dueAt: 0, definitionRevision: null };

/** Rows in memory, and the keys of those that were read with what they hold. */
function rowsOf(stored: readonly (readonly [Buffer, unknown])[]): {
  readonly rows: RowWriter;
  readonly read: string[];
} {
  const found = new Map(stored.map(([key, row]) => [key.toString("hex"), row]));
  const read: string[] = [];
  const rows: RowWriter = {
    get: (key) => {
      read.push(key.toString("hex"));
      return found.get(key.toString("hex"));
    },
    has: (key) => found.has(key.toString("hex")),
    keys: () => [],
    put: (key, row) => void found.set(key.toString("hex"), row),
    remove: (key) => void found.delete(key.toString("hex")),
  };
  return { rows, read };
}

const stored = (name: string): readonly (readonly [Buffer, unknown])[] => [
  [keys.definition(name), { name, revision: 9, text: "{}" }],
  [keys.cursor(name), "before"],
];

describe("a move of a cursor", () => {
  it.each(["daily", "é".repeat(600)])("reads no definition if it only asks whether there is one (%#)", (name) => {
    const { rows, read } = rowsOf(stored(name));
    expect(moveCursors(rows, keys, history, [{ ...move, name }], 0)).toEqual([{ status: "done" }]);
    expect(read).toEqual([keys.cursor(name).toString("hex")]);
    expect(rows.get(keys.cursor(name))).toBe("after");
  });

  it.each([
    ["done", `${history.life}.9`],
    ["changed", `${history.life}.8`],
  ])("is %s if it was made from the revision %s", (status, definitionRevision) => {
    const { rows } = rowsOf(stored("daily"));
    expect(moveCursors(rows, keys, history, [{ ...move, definitionRevision }], 0)).toEqual([{ status }]);
  });

  it("is refused if there is no definition, or another cursor", () => {
    const { rows } = rowsOf(stored("daily"));
    const moves = [
      { ...move, name: "other" },
      { ...move, from: null },
    ];
    expect(moveCursors(rows, keys, history, moves, 0)).toEqual([
      { status: "changed" },
      { status: "moved", cursor: "before" },
    ]);
  });
});
