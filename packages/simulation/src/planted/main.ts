/**
 * Plants each bug into a copy that is compiled from the sources, and shows which seed of the simulation finds it.
 *
 *     npm run planted                       # all
 *     npm run planted -- --only R14         # those of one rule, or with this word in their names
 *     npm run planted -- --record           # also writes docs/reliability/planted-bugs.json
 *
 * Exit code 1: a bug was not found, or a seed breaks a promise without a bug.
 */

import { recordFigures, recordHead } from "@beatx/test-servers";
import { flag, orUsage, readCommandLine, text, UsageError } from "@beatx/test-servers/command-line";

import { PLANTED_BUGS } from "./planted-bugs.js";
import { figuresOf, isFound, lineOf } from "./planted-table.js";
import { type PlantedResult, PlantedBugsRun, searchesOf } from "./run-planted.js";

const USAGE = `npm run planted -- [options]
  --only TEXT    the bugs of this rule, such as R14, or with this text in their names (default: all)
  --record       writes docs/reliability/planted-bugs.json`;

const { only, record } = orUsage(readOptions);
const bugs = chosenBugs(only);
const results: PlantedResult[] = [];
const run = await PlantedBugsRun.begin();
try {
  for (const bug of bugs) {
    const result = await run.search(bug);
    results.push(result);
    console.log(lineOf(result));
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
  const options = { only: text("a rule, such as R14, or a part of a name", ""), record: flag };
  const { only, record } = readCommandLine(process.argv.slice(2), { usage: USAGE, options });
  if (chosenBugs(only).length === 0)
    throw new UsageError(`--only is "${only}": no planted bug has this rule, or this text in its name`, USAGE);
  if (record && only !== "") {
    throw new UsageError(`--record writes the figures of all planted bugs: leave --only ${only} out`, USAGE);
  }
  return { only, record };
}

function chosenBugs(only: string): typeof PLANTED_BUGS {
  return PLANTED_BUGS.filter(({ rule, name }) => only === "" || only === rule || name.includes(only));
}
