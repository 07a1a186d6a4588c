/** Schedulers that keep one timer for each job, in one process and without a store. */

import { createRequire } from "node:module";
import { Cron } from "croner";
import { schedule as nodeCron } from "node-cron";
import { AsyncTask, CronJob, ToadScheduler } from "toad-scheduler";

/** Sets up `count` jobs with a rule of six fields, the first of which is the second. Returns a function that ends them. */
export type SetUpJobs = (count: number, rule: string, run: () => void) => Promise<() => void>;

interface NodeSchedule {
  scheduleJob(rule: string, run: () => void): { cancel(): void };
}

const PEERS: Readonly<Record<string, SetUpJobs>> = {
  async croner(count, rule, run) {
    const jobs = times(count, () => new Cron(rule, run));
    return () => jobs.forEach((job) => job.stop());
  },
  async "node-cron"(count, rule, run) {
    const jobs = times(count, () => nodeCron(rule, run));
    return () => jobs.forEach((job) => void job.destroy());
  },
  async "node-schedule"(count, rule, run) {
    // The package has no types.
    const peer = createRequire(import.meta.url)("node-schedule") as NodeSchedule;
    const jobs = times(count, () => peer.scheduleJob(rule, run));
    return () => jobs.forEach((job) => job.cancel());
  },
  async "toad-scheduler"(count, rule, run) {
    const scheduler = new ToadScheduler();
    const task = new AsyncTask("bench", async () => run());
    const options = { cronExpression: rule };
    times(count, (index) =>
      scheduler.addCronJob(new CronJob(options, task, { id: `job-${index}`, preventOverrun: false })),
    );
    return () => scheduler.stop();
  },
};

/** The set-up of a peer. @throws Error that names the peers if it is none */
export function timerPeer(name: string): SetUpJobs {
  const peer = PEERS[name];
  if (peer) return peer;
  throw new Error(`there is no peer "${name}": one of ${Object.keys(PEERS).join(", ")}`);
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
