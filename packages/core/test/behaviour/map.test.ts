import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { floors } from "../../../../scripts/wings.mjs";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const contributing = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");

/** The rows of all tables below a heading, as cells without their back ticks. */
function rowsBelow(heading: string): string[][] {
  const [, rest = ""] = contributing.split(`\n### ${heading}\n`);
  const [section = ""] = rest.split("\n##");
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", ""))); // prettier-ignore
}

describe("the map for newcomers in CONTRIBUTING.md", () => {
  it.each(["The life of an occurrence", "The life of an edit", "The life of a take-over"])(
    "names the file and the function of each step: %s",
    (heading) => {
      const steps = rowsBelow(heading);
      expect(steps.length).toBeGreaterThanOrEqual(9);
      for (const [step, file, name] of steps) {
        const path = join(root, "packages/core/src", file!);
        expect(existsSync(path), `${step}: ${file}`).toBe(true);
        const defines = new RegExp(`^ *(?:export )?(?:async )?(?:function[*]? )?${name}[?]?[(<]`, "m");
        expect(readFileSync(path, "utf8"), `${step}: ${file} has ${name}`).toMatch(defines);
      }
    },
  );

  it("lists ten files to read, and they exist", () => {
    const files = rowsBelow("Ten files to read, in this order").map(([file]) => file!);
    expect(files).toHaveLength(10);
    for (const file of files) expect(existsSync(join(root, file)), file).toBe(true);
  });

  it("has a sentence for each wing of core", () => {
    for (const wing of floors.core.flat()) expect(contributing).toMatch(new RegExp(`^\\|.*\`${wing}/\``, "m"));
  });
});
