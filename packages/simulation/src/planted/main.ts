/**
 * Plants each bug into a copy that is compiled from the sources, and shows which seed of the simulation finds it.
 *
 *     npm run planted                       # all
 *     npm run planted -- --only R14         # those of one rule, or with this word in their names
 *     npm run planted -- --record           # also writes docs/reliability/planted-bugs.json
 *
 * Exit code 1: a bug was not found, or a seed breaks a promise without a bug.
 */

import { parseArgs } from "node:util";
import { recordFigures, recordHead } from "@beatx/test-servers";

import { PLANTED_BUGS } from "./planted-bugs.js";
import { figuresOf, isFound, lineOf, rowOf } from "./planted-table.js";
import { type PlantedResult, PlantedBugsRun, searchesOf } from "./run-planted.js";

const USAGE = "npm run planted -- [--only RULE | PART OF A NAME] [--record]";

const { only, record } = readOptions();
const bugs = PLANTED_BUGS.filter(({ rule, name }) => only === "" || only === rule || name.includes(only));
if (bugs.length === 0) fail(`--only is "${only}": no planted bug has this rule, or this word in its name`);
if (record && only !== "") fail("--record writes the figures of all planted bugs: leave --only out");
const results: PlantedResult[] = [];
const run = await PlantedBugsRun.begin();
try {
  for (const bug of bugs) {
    const result = await run.search(bug);
    results.push(result);
    console.log(lineOf(rowOf(result)));
    if (!isFound(result)) process.exitCode = 1;
  }
  for (const search of searchesOf(results)) {
    const finding = await run.control(search);
    if (!finding) continue;
    console.log(`without a bug, seed ${finding.seed} of ${JSON.stringify(search.world)}: ${finding.message}`);
    process.exitCode = 1;
  }
} finally {
  await run.end();
}
const figures = figuresOf(results);
console.log(`${figures.found} of ${figures.planted} planted bugs were found`);
if (only === "") {
  for (const [rule, reason] of Object.entries(figures.rulesWithoutBug)) console.log(`${rule}: no bug (${reason})`);
}
if (record) await recordFigures("planted-bugs", { ...recordHead("npm run planted -- --record"), ...figures });

function readOptions(): { readonly only: string; readonly record: boolean } {
  try {
    const { values } = parseArgs({ options: { only: { type: "string" }, record: { type: "boolean" } } });
    return { only: values.only ?? "", record: values.record ?? false };
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(why: string): never {
  console.error(`${why}\n${USAGE}`);
  process.exit(2);
}
