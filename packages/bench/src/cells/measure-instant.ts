import { preciseNow, sleep, Stopwatch } from "../base/time.js";
import type { CellOptions, CellResult } from "./cell.js";
import { ServerMeter } from "./server-meter.js";

/** Counts what a scheduler that keeps its own time has done. */
export class Arrivals {
  count = 0;
  /** Epoch ms of the last one. */
  lastAt: number = NaN;

  readonly add = (): void => {
    this.count += 1;
    this.lastAt = preciseNow();
  };
}

/** CPU and counters are read from this long before the instant. */
const BEFORE_MS = 30;
/** A burst is over when nothing has come for this long. */
const QUIET_MS = 3_000;
const SPARE_MS = 1_500;

/**
 * A whole second by which `count` jobs will have been set up. `trialMs`: what the set-up of `trial` jobs took; the real one
 * may take twice as long for each job.
 */
export function futureSecond(count: number, trial: number, trialMs: number): Date {
  return new Date(Math.ceil((Date.now() + (2 * trialMs * count) / trial + SPARE_MS) / 1_000) * 1_000);
}

/** "second minute hour * * *" of a moment in this process's time zone. */
export function secondOfDay(at: Date): string {
  return `${at.getSeconds()} ${at.getMinutes()} ${at.getHours()} * * *`;
}

/**
 * Measures the burst of a scheduler whose jobs are all due at `at`, from that instant to the last arrival. It is given up after
 * `giveUpMs`: what had not come then is missing, and the time is extrapolated from what had.
 */
export async function measureInstant(
  options: CellOptions,
  at: Date,
  arrivals: Arrivals,
  giveUpMs: number,
): Promise<CellResult> {
  if (Date.now() > at.getTime())
    throw new Error(`setting up ${options.count} jobs took longer than expected: try again`);
  await sleep(at.getTime() - BEFORE_MS - preciseNow());
  const meter = new ServerMeter(options);
  await meter.start();
  const watch = new Stopwatch();
  const isQuiet = (): boolean => arrivals.count > 0 && preciseNow() - arrivals.lastAt > QUIET_MS;
  while (arrivals.count < options.count && watch.wallMs < giveUpMs && !isQuiet()) await sleep(2);
  const { cpuUs } = watch;
  const { cpuUs: serverCpuUs, calls } = await meter.stop();
  meter.close();
  const done = Math.max(1, arrivals.count);
  const values = {
    wallMs: ((arrivals.lastAt - at.getTime()) * options.count) / done,
    cpuUs: cpuUs / done,
    missing: options.count - arrivals.count,
    ...(serverCpuUs === undefined ? {} : { serverCpuUs: serverCpuUs / done }),
  };
  return { values, commands: Object.fromEntries(Object.entries(calls).map(([name, made]) => [name, made / done])) };
}
