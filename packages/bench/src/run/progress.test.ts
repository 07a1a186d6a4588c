import { describe, expect, it } from "vitest";
import type { Work, WorkCell } from "../works/work.js";
import { showProgress } from "./progress.js";

const cell: WorkCell = { id: "raw", title: "raw", kind: "limit", run: { cell: "raw-burst" } };
const work: Work = {
  name: "load",
  title: "",
  about: "",
  servers: [],
  rounds: 1,
  cells: [cell],
  columns: [],
  targets: [],
};

function shown(isTTY: boolean, outcome: Parameters<ReturnType<typeof showProgress>["end"]>[0]): string {
  let [text, now] = ["", 0];
  const progress = showProgress({ isTTY, write: (part) => (text += part) }, 7, () => (now += 1_000));
  progress.begin(work, 2, cell);
  progress.end(outcome);
  return text;
}

describe("the progress", () => {
  it("is a line for each cell, with its place and time, where lines cannot change", () => {
    expect(shown(false, { values: {} })).toMatch(/^\[1\/7, 2\.0 s\] load, round 2: raw, \d\.0 s\n$/);
  });

  it("is a line that is overwritten on a terminal", () => {
    expect(shown(true, { values: {} }).split("\r\u001b[K")).toEqual(["", "[1/7, 2.0 s] load, round 2: raw", ""]);
  });

  it.each([true, false])("keeps the reason of a failure", (isTTY) => {
    expect(shown(isTTY, { error: "it burnt\nand more" })).toMatch(/raw, failed: it burnt\n$/);
  });
});
