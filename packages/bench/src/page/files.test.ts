import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { worksOf } from "../works/index.js";
import { currentFiles, PAGE, readMisses } from "./files.js";

describe("docs/performance.md and its charts", () => {
  it.each([...currentFiles().keys()].map((path) => [path.slice(dirname(PAGE).length + 1), path]))(
    '%s is what "npm run write-performance" makes of the recorded figures',
    (_name, path) => {
      expect(readFileSync(path, "utf8")).toBe(currentFiles().get(path));
    },
  );

  it("leave out no recorded file, and no chart is left over", () => {
    const names = worksOf("full").map(({ name }) => name);
    const files = readdirSync(join(dirname(PAGE), "performance")).filter((file) => file !== "misses.json");
    expect(files.filter((file) => !names.includes(file.replace(/\.(json|svg)$/, "")))).toEqual([]);
    const charts = files
      .filter((file) => file.endsWith(".svg"))
      .map((file) => join(dirname(PAGE), "performance", file));
    expect(charts.filter((path) => !currentFiles().has(path))).toEqual([]);
  });

  it("explain only misses of targets that exist", () => {
    const targets = worksOf("full").flatMap(({ name, targets }) => targets.map(({ says }) => `${name}: ${says}`));
    expect(Object.keys(readMisses()).filter((key) => !targets.includes(key))).toEqual([]);
  });
});
