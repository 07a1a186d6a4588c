import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { applyPatch } from "./patch.js";
import { isFound } from "./planted-table.js";
import { PLANTED_BUGS, RULES_WITHOUT_BUG } from "./planted-bugs.js";
import { type PlantedResult, PlantedBugsRun, searchesOf } from "./run-planted.js";

/** Far more than any search takes on a busy machine, in ms. */
const PATIENCE_MS = 900_000;

const recorded = new URL("../../../../docs/reliability/planted-bugs.json", import.meta.url);
const protocol = readFileSync(fileURLToPath(new URL("../../../../docs/PROTOCOL.md", import.meta.url)), "utf8");
/** The rules that the protocol defines, in its order. */
const rules = [...protocol.matchAll(/^- \*\*(R\d+)\*\*/gm)].map(([, rule]) => rule!);

describe("the planted bugs", () => {
  it("cover each rule of the protocol, or say why they do not", () => {
    const planted = PLANTED_BUGS.map(({ rule }) => rule);
    const named = [...new Set([...planted, ...Object.keys(RULES_WITHOUT_BUG)])].sort();
    expect(named).toEqual([...rules].sort());
    expect(planted.filter((rule) => rule in RULES_WITHOUT_BUG)).toEqual([]);
  });

  it("are those whose figures are recorded", () => {
    const { bugs } = JSON.parse(readFileSync(fileURLToPath(recorded), "utf8"));
    const listed = PLANTED_BUGS.map(({ rule, name, title, seeds }) => ({ rule, name, title, seeds }));
    expect(bugs).toEqual(listed.map((bug) => expect.objectContaining(bug) as unknown));
    const promises = PLANTED_BUGS.map(({ breaks, alsoBreaks = [] }) => [breaks, ...alsoBreaks]);
    (bugs as { breaks: string }[]).forEach((bug, index) => expect(promises[index]).toContain(bug.breaks));
  });

  it("have names of their own", () => {
    const names = PLANTED_BUGS.map(({ rule, name }) => `${rule} ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it("apply exactly once, or the error says which no longer does", () => {
    const bug = { ...PLANTED_BUGS[0]!, find: "b", replace: "B" };
    expect(applyPatch("abc", bug)).toBe("aBc");
    expect(() => applyPatch("bb", bug)).toThrow("no longer applies");
    expect(() => applyPatch("", bug)).toThrow(bug.name);
  });
});

describe("the simulation", () => {
  let run: PlantedBugsRun;
  beforeAll(async () => {
    run = await PlantedBugsRun.begin();
  }, PATIENCE_MS);
  afterAll(() => run.end());

  const results: PlantedResult[] = [];
  it.each(PLANTED_BUGS)(
    "finds that $title ($rule)",
    async (bug) => {
      const result = await run.search(bug);
      results.push(result);
      expect(isFound(result), result.finding?.message ?? "no seed broke a promise").toBe(true);
    },
    PATIENCE_MS,
  );

  it(
    "finds nothing with the same seeds when no bug is planted",
    async () => {
      expect(results).toHaveLength(PLANTED_BUGS.length);
      for (const search of searchesOf(results)) expect(await run.control(search)).toBeNull();
    },
    PATIENCE_MS,
  );
});
