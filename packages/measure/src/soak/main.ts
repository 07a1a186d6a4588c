/**
 * Runs a cluster for a while and checks that nothing grows, and that nothing is missed or repeated.
 *
 *     npm run soak                                  # ten minutes
 *     npm run soak -- --minutes 60 --record         # writes docs/reliability/soak.json
 *     npm run soak -- --seed 7 --nodes 2
 *
 * Exit code 1 if something was wrong.
 */

import { recordFigures, recordHead } from "@beatx/test-servers";
import { flag, orUsage, readCommandLine, wholeNumber } from "@beatx/test-servers/command-line";
import { showSoak } from "./report.js";
import { soak } from "./soak.js";

const USAGE = `npm run soak -- [options]
  --minutes N         how long it runs (default 10)
  --seed N            repeats the draw of edits (default 1)
  --nodes N           how many nodes run (default 3)
  --replacements N    how often the leader's beat is stopped and another one started (default 5)
  --record            writes docs/reliability/soak.json`;

const given = orUsage(() =>
  readCommandLine(process.argv.slice(2), {
    usage: USAGE,
    options: {
      minutes: wholeNumber(1, 10),
      seed: wholeNumber(1, 1),
      nodes: wholeNumber(1, 3),
      replacements: wholeNumber(1, 5),
      record: flag,
    },
  }),
);
const { minutes, seed, nodes, replacements, record } = given;
const options = { minutes, seed, nodes, replacements };
const { figures, problems } = await soak({ ...options, say: (line) => console.log(line) });
console.log(`\n${showSoak(figures)}`);
const command = `npm run soak -- ${Object.entries(options).map(([name, value]) => `--${name} ${value}`).join(" ")}`; // prettier-ignore
if (record) console.log(`wrote ${await recordFigures("soak", { ...recordHead(`${command} --record`), ...figures })}`);
for (const problem of problems) console.error(`problem: ${problem}`);
console.log(
  problems.length === 0
    ? "nothing grew, nothing was missed or repeated"
    : `${problems.length} problems; repeat it with: ${command}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
