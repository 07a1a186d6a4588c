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

import { recordFigures, recordHead } from "@beatx/test-servers";
import { flag, namesOf, orUsage, readCommandLine, wholeNumber } from "@beatx/test-servers/command-line";
import { SETTINGS } from "./cluster.js";
import { showRecoveries, showTakeOvers } from "./report.js";
import { faultNames, measureAll } from "./run-all.js";

const USAGE = `npm run take-over -- [options]
  --only NAMES    faults, separated by commas, each alone or as FAULT@STORE or FAULT@BROKER (default: all)
  --runs N        how often each fault is measured (default: each fault's own number)
  --seed N        repeats the draw of moments (default 1)
  --jobs N        how many faults are measured at the same time (default 3)
  --record        writes docs/reliability/take-over.json`;

const values = orUsage(() =>
  readCommandLine(process.argv.slice(2), {
    usage: USAGE,
    options: {
      runs: wholeNumber(1, null),
      only: namesOf(faultNames(), null),
      seed: wholeNumber(1, 1),
      jobs: wholeNumber(1, null),
      record: flag,
    },
  }),
);
const { seed } = values;
const { takeOvers, recoveries } = await measureAll({
  runs: values.runs,
  only: values.only,
  seed,
  jobs: values.jobs ?? 3,
  say: (line) => console.log(line),
});
const unexplained = [...takeOvers, ...recoveries].filter((figures) => figures.unexplained > 0);
if (takeOvers.length > 0)
  console.log(`\ntake-over, in ms since the fault or the store's return\n${showTakeOvers(takeOvers)}`);
if (recoveries.length > 0)
  console.log(`\nrecovery of publishers, in ms since the broker's return\n${showRecoveries(recoveries)}`);
if (values.record) {
  const chosen = ["runs", "only", "jobs"] as const;
  const args = chosen.flatMap((name) => (values[name] === null ? [] : [`--${name} ${String(values[name])}`]));
  const command = ["npm run take-over --", ...args, `--seed ${seed}`, "--record"].join(" ");
  const figures = { seed, settings: SETTINGS, takeOvers, recoveries };
  console.log(`wrote ${await recordFigures("take-over", { ...recordHead(command), ...figures })}`);
}
for (const { fault, on, unexplained: runs } of unexplained) {
  console.error(
    `problem: ${runs} runs of ${fault} on ${on} broke their bound; repeat: npm run take-over -- --only ${fault} --seed ${seed}`,
  );
}
const measured = takeOvers.length + recoveries.length;
console.log(
  `${measured} faults measured: ${unexplained.length === 0 ? "all" : measured - unexplained.length} within their bounds`,
);
process.exitCode = unexplained.length === 0 ? 0 : 1;
