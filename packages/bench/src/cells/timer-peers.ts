/** Schedulers that keep one timer for each job, in one process and without a store. */

import { createRequire } from "node:module";
import { Cron } from "croner";
import { schedule as nodeCron } from "node-cron";
import { AsyncTask, CronJob, ToadScheduler } from "toad-scheduler";
import { secondOfDay } from "./measure-instant.js";

/** Sets up `count` jobs that run once a day at the second of `at`. Returns a function that ends them. */
export type SetUpJobs = (count: number, at: Date, run: () => void) => Promise<() => void>;

interface NodeSchedule {
  scheduleJob(rule: string, run: () => void): { cancel(): void };
}

/** The peers by name. */
export const TIMER_PEERS: Readonly<Record<string, SetUpJobs>> = {
  async croner(count, at, run) {
    const jobs = times(count, () => new Cron(secondOfDay(at), run));
    return () => jobs.forEach((job) => job.stop());
  },
  async "node-cron"(count, at, run) {
    const jobs = times(count, () => nodeCron(secondOfDay(at), run));
    return () => jobs.forEach((job) => void job.destroy());
  },
  async "node-schedule"(count, at, run) {
    // The package has no types.
    const peer = createRequire(import.meta.url)("node-schedule") as NodeSchedule;
    const jobs = times(count, () => peer.scheduleJob(secondOfDay(at), run));
    return () => jobs.forEach((job) => job.cancel());
  },
  async "toad-scheduler"(count, at, run) {
    const scheduler = new ToadScheduler();
    const task = new AsyncTask("bench", async () => run());
    const options = { cronExpression: secondOfDay(at) };
    times(count, (index) =>
      scheduler.addCronJob(new CronJob(options, task, { id: `job-${index}`, preventOverrun: false })),
    );
    return () => scheduler.stop();
  },
};

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
