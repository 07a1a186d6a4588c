/**
 * Measures how long a take-over lasts after each kind of fault, and how soon a publisher is back after an outage.
 *
 *     npm run take-over                                  # all faults, some minutes
 *     npm run take-over -- --only kill,cut@redis --runs 5
 *     npm run take-over -- --record                      # writes docs/reliability/take-over.json
 *     npm run take-over -- --seed 7 --jobs 1
 *
 * Exit code 1 if a bound was broken and the machine does not explain it.
 */

import { parseArgs } from "node:util";
import { recordFigures, recordHead } from "@beatx/test-servers";
import { readCount } from "../figures/command.js";
import { SETTINGS } from "./cluster.js";
import { showRecoveries, showTakeOvers } from "./report.js";
import { measureAll } from "./run-all.js";

const { values } = parseArgs({
  options: {
    runs: { type: "string" },
    only: { type: "string" },
    seed: { type: "string" },
    jobs: { type: "string" },
    record: { type: "boolean", default: false },
  },
});
const seed = readCount("seed", values.seed, 1);
const { takeOvers, recoveries } = await measureAll({
  runs: values.runs === undefined ? null : readCount("runs", values.runs, 1),
  only: values.only?.split(",") ?? null,
  seed,
  jobs: readCount("jobs", values.jobs, 3),
  say: (line) => console.log(line),
});
const unexplained = [...takeOvers, ...recoveries].filter((figures) => figures.unexplained > 0);
if (takeOvers.length > 0)
  console.log(`\ntake-over, in ms since the fault or the store's return\n${showTakeOvers(takeOvers)}`);
if (recoveries.length > 0)
  console.log(`\nrecovery of publishers, in ms since the broker's return\n${showRecoveries(recoveries)}`);
if (values.record) {
  const chosen = ["runs", "only", "jobs"] as const;
  const args = chosen.flatMap((name) => (values[name] === undefined ? [] : [`--${name} ${values[name]}`]));
  const command = ["npm run take-over --", ...args, `--seed ${seed}`, "--record"].join(" ");
  const figures = { seed, settings: SETTINGS, takeOvers, recoveries };
  console.log(`wrote ${await recordFigures("take-over", { ...recordHead(command), ...figures })}`);
}
for (const { fault, on, unexplained: runs } of unexplained) {
  console.error(
    `problem: ${runs} runs of ${fault} on ${on} broke their bound; repeat: npm run take-over -- --only ${fault} --seed ${seed}`,
  );
}
process.exitCode = unexplained.length === 0 ? 0 : 1;
