/**
 * Runs a cluster for a while and checks that nothing grows, and that nothing is missed or repeated.
 *
 *     npm run soak                                  # ten minutes
 *     npm run soak -- --minutes 60 --record         # writes docs/reliability/soak.json
 *     npm run soak -- --seed 7 --nodes 2
 *
 * Exit code 1 if something was wrong.
 */

import { parseArgs } from "node:util";
import { recordFigures, recordHead } from "@beatx/test-servers";
import { readCount } from "../figures/command.js";
import { showSoak } from "./report.js";
import { soak } from "./soak.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seed: { type: "string" },
    nodes: { type: "string" },
    replacements: { type: "string" },
    record: { type: "boolean", default: false },
  },
});
const options = {
  minutes: readCount("minutes", values.minutes, 10),
  seed: readCount("seed", values.seed, 1),
  nodes: readCount("nodes", values.nodes, 3),
  replacements: readCount("replacements", values.replacements, 5),
};
const { figures, problems } = await soak({ ...options, say: (line) => console.log(line) });
console.log(`\n${showSoak(figures)}`);
const command = `npm run soak -- ${Object.entries(options).map(([name, value]) => `--${name} ${value}`).join(" ")}`; // prettier-ignore
if (values.record)
  console.log(`wrote ${await recordFigures("soak", { ...recordHead(`${command} --record`), ...figures })}`);
for (const problem of problems) console.error(`problem: ${problem}`);
if (problems.length > 0) console.error(`repeat it with: ${command}`);
process.exitCode = problems.length === 0 ? 0 : 1;
