/**
 * Runs simulated clusters from seeds, and tells broken promises as stories. Exit code 1: one was broken, or a run could not be
 * simulated; 2: a wrong option.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { recordFigures } from "@beatx/test-servers";
import { orUsage } from "@beatx/test-servers/command-line";

import { recordOf } from "./run/figures.js";
import { readOptions, type SimulateOptions } from "./run/options.js";
import { headOf, headOfSeed, showTotals, verdictOf, verdictOfSeed } from "./run/report.js";
import { planOf, runPlan } from "./run/simulate.js";
import { storyOf } from "./run/story.js";
import { addTotals, noTotals, type Totals } from "./run/totals.js";
import type { WorkerTask } from "./run/worker.js";

/** So many broken promises are told; the others are only listed. */
const MOST_STORIES = 3;

async function main(options: SimulateOptions): Promise<boolean> {
  if (options.seed !== null) return tellSeed(options.seed);
  console.log(`${headOf(options)}\n`);
  const startedAt = process.uptime();
  const totals = await runAll(options);
  const minutes = (process.uptime() - startedAt) / 60;
  console.log(showTotals(totals, minutes, options));
  for (const { seed } of totals.violations.slice(0, MOST_STORIES)) console.log(`\n${await storyOf(planOf(seed))}`);
  const untold = totals.violations.slice(MOST_STORIES);
  if (untold.length > 0) console.log("");
  for (const { seed, message } of untold) console.log(`seed ${seed}: ${message}`);
  if (options.record) console.log(`wrote ${await recordFigures("simulation", recordOf(totals, minutes, options))}`);
  console.log(`\n${verdictOf(totals)}`);
  return totals.runs > 0 && totals.violations.length === 0;
}

async function tellSeed(seed: number): Promise<boolean> {
  const plan = planOf(seed);
  const outcome = await runPlan(plan, { tells: true });
  const story = outcome.violation === null ? [headOfSeed(plan), ...outcome.story].join("\n") : await storyOf(plan);
  console.log(`${story}\n\n${verdictOfSeed(plan, outcome)}`);
  return outcome.violation === null;
}

async function runAll({ from, seeds, minutes, workers }: SimulateOptions): Promise<Totals> {
  const totals = noTotals();
  const until = seeds === null ? null : from + seeds;
  const tasks = Array.from({ length: workers }, (_, index): WorkerTask => {
    return { from: from + index, step: workers, until, forMs: minutes === null ? null : minutes * 60_000 };
  });
  await Promise.all(tasks.map((task) => runWorker(task, (part) => addTotals(totals, part))));
  totals.violations.sort((one, other) => one.seed - other.seed);
  return totals;
}

function runWorker(task: WorkerTask, onTotals: (totals: Totals) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("run/worker.js", import.meta.url), { workerData: task });
    worker.on("message", onTotals);
    worker.once("error", reject);
    worker.once("exit", () => resolve());
  });
}

const options = orUsage(() => readOptions(process.argv.slice(2), availableParallelism()));
process.exitCode = (await main(options)) ? 0 : 1;
