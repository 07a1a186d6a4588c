/** Runs every n-th seed in a thread of its own, and sends what they come to. */
import { parentPort, workerData } from "node:worker_threads";

import { planOf, runPlan } from "./simulate.js";
import { addOutcome, noTotals } from "./totals.js";

/** What a worker has to do. */
export interface WorkerTask {
  readonly from: number;
  readonly step: number;
  /** The first seed that does not run; `null`: none. */
  readonly until: number | null;
  readonly forMs: number | null;
}

const REPORT_EVERY = 20;

async function work({ from, step, until, forMs }: WorkerTask): Promise<void> {
  const startedAt = process.uptime() * 1000;
  let totals = noTotals();
  for (let seed = from; until === null || seed < until; seed += step) {
    if (forMs !== null && process.uptime() * 1000 - startedAt > forMs) break;
    const plan = planOf(seed);
    addOutcome(totals, plan, await runPlan(plan).catch((cause: unknown) => failed(seed, cause)));
    if (totals.runs < REPORT_EVERY) continue;
    parentPort!.postMessage(totals);
    totals = noTotals();
  }
  parentPort!.postMessage(totals);
}

/** The simulation itself has failed: the seed shows it again. */
function failed(seed: number, cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new Error(`the run of seed ${seed} could not be simulated: ${why}`, { cause });
}

await work(workerData as WorkerTask);
