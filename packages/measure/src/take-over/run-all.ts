import { seeded } from "@beatx/test-servers/seeded";
import { afterStoreReturn } from "./bounds.js";
import type { BrokerName } from "./brokers.js";
import { FAULTS } from "./faults.js";
import { measureFailovers } from "./measure-failover.js";
import { measureRecoveries } from "./measure-recovery.js";
import { measureTakeOvers } from "./measure-take-over.js";
import { OUTAGES, outageBound } from "./outages.js";
import { type RecoveryFigures, recoveryFigures, type TakeOverFigures, takeOverFigures } from "./report.js";

/** What to measure. */
export interface TakeOverOptions {
  /** Runs of each fault; `null`: each fault's own number. */
  readonly runs: number | null;
  /** Names of faults, each also with `@store` or `@broker`; `null`: all. */
  readonly only: readonly string[] | null;
  readonly seed: number;
  /** How many faults are measured side by side. Most of the time all of them wait. */
  readonly jobs: number;
  /** Told what happens, a line each. */
  readonly say: (line: string) => void;
}

/** Everything that was measured. */
export interface Measured {
  readonly takeOvers: readonly TakeOverFigures[];
  readonly recoveries: readonly RecoveryFigures[];
}

type Figures = { readonly takeOver: TakeOverFigures } | { readonly recovery: RecoveryFigures };

/** One fault at one place. */
interface Job {
  readonly fault: string;
  readonly on: string;
  readonly runs: number;
  measure(runs: number, random: () => number): Promise<Figures>;
}

const BROKERS: readonly BrokerName[] = ["redis", "rabbitmq"];
/** A failover needs servers of its own each time. */
const FAILOVER_RUNS = 8;

function allJobs(): Job[] {
  return [...FAULTS.flatMap(takeOverJobs), failoverJob(), ...OUTAGES.flatMap(recoveryJobs)];
}

function takeOverJobs(fault: (typeof FAULTS)[number]): Job[] {
  return fault.stores.map((on) => ({
    fault: fault.name,
    on,
    runs: fault.runs,
    async measure(runs, random) {
      const names = { fault: fault.name, what: fault.what, on, formula: fault.bound(on).formula };
      return { takeOver: takeOverFigures(names, await measureTakeOvers(fault, on, runs, random)) };
    },
  }));
}

function failoverJob(): Job {
  const names = { fault: "failover", what: "master killed, replica promoted by sentinels", on: "redis" };
  const { formula } = afterStoreReturn("redis");
  return {
    ...names,
    runs: FAILOVER_RUNS,
    async measure(runs, random) {
      return { takeOver: takeOverFigures({ ...names, formula }, await measureFailovers(runs, random)) };
    },
  };
}

function recoveryJobs(kind: (typeof OUTAGES)[number]): Job[] {
  return BROKERS.map((on) => ({
    fault: kind.name,
    on: `publisher-${on}`,
    runs: kind.runs,
    async measure(runs, random) {
      const names = { fault: kind.name, what: kind.what, on, ...outageBound(kind, on) };
      return { recovery: recoveryFigures(names, await measureRecoveries(kind, on, runs, random)) };
    },
  }));
}

function namesOf({ fault, on }: Job): string[] {
  return [fault, `${fault}@${on}`];
}

/** Every name that `only` may contain. */
export function faultNames(): string[] {
  return [...new Set(allJobs().flatMap(namesOf))];
}

/** Measures all faults that are chosen. @throws Error for a name that no fault has. */
export async function measureAll({ runs, only, seed, jobs, say }: TakeOverOptions): Promise<Measured> {
  const chosen = choose(allJobs(), only);
  const results: Figures[] = [];
  const queue = [...chosen.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, job] = next;
      const name = `${job.fault}@${job.on}`;
      // Each has a seed of its own, so that it draws the same alone as among others.
      const random = seeded(seed + hashOf(name));
      results[index] = await job.measure(runs ?? job.runs, random).catch((cause: unknown) => {
        throw new Error(`${name} could not be measured; repeat it with --only ${name} --seed ${seed}`, { cause });
      });
      say(`${name}: measured`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return {
    takeOvers: results.flatMap((figures) => ("takeOver" in figures ? [figures.takeOver] : [])),
    recoveries: results.flatMap((figures) => ("recovery" in figures ? [figures.recovery] : [])),
  };
}

function choose(all: readonly Job[], only: readonly string[] | null): Job[] {
  const unknown = only?.find((name) => !faultNames().includes(name));
  if (unknown !== undefined) throw new Error(`no fault is named "${unknown}": they are ${faultNames().join(", ")}`);
  return all.filter((job) => only === null || namesOf(job).some((name) => only.includes(name)));
}

function hashOf(text: string): number {
  return [...text].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0, 7);
}
