/**
 * Damages what a real store keeps, in every way that the store's test knows, while two nodes and a client work on it.
 * Each case has a namespace of its own, so many run at a time.
 */

import type { Store } from "@beatx/core";

import { seeded } from "@beatx/test-servers/seeded";
import { DamagedNamespace, type NamespaceReport } from "./damaged-namespace.js";

export type Random = () => number;

export interface Way {
  /** For the counts: the key or item, and how it is damaged. */
  readonly kind: string;
  /** Damages the data of the namespace; answers what it wrote. */
  damage(random: Random): Promise<string>;
  /** The damage is a loss of data (R33): runs between it and the take-over may be missing. */
  readonly loses?: boolean;
  /** The damage may stop all work until an operator acts: a log line must name `names`, and then `act` must help. */
  readonly wayOut?: { readonly names: string; act(): Promise<unknown> };
}

export interface DamagedStore {
  /** Opens a store with connections of its own. */
  open(namespace: string): Store | Promise<Store>;
  /** The number of cases that run at a time. Default 48. */
  readonly atATime?: number;
  /** All ways to damage the data of one namespace. */
  waysFor(namespace: string): readonly Way[];
}

export interface DamageReport {
  readonly cases: number;
  /** Each with its seed and damage. */
  readonly problems: readonly string[];
  /** For people. */
  readonly text: string;
}

/** Only this seed is played. */
const ONLY_SEED = process.env["BEATX_DAMAGE_SEED"];
/** The long form: rounds with new seeds, for this time. */
const SECONDS = Number(process.env["BEATX_DAMAGE_SECONDS"] ?? 0);
const AT_A_TIME = 48;

/** How long a test may take: only a fault reaches it. */
export const DAMAGE_TIMEOUT_MS: number = SECONDS * 1_000 + 300_000;

/** Every way once or, in the long form, again and again with other seeds. */
export async function damageStore(name: string, store: DamagedStore): Promise<DamageReport> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  const ways = store.waysFor("").length;
  const results: CaseResult[] = [];
  const until = performance.now() + SECONDS * 1_000;
  let next = SECONDS > 0 ? ways * Math.floor(Math.random() * 1e6) : 0;
  const seeds = (): number[] => Array.from({ length: ONLY_SEED === undefined ? ways : 1 }, () => next++);
  if (ONLY_SEED !== undefined) next = Number(ONLY_SEED);
  do {
    results.push(...(await playAll(name, store, seeds())));
  } while (performance.now() < until);
  process.off("unhandledRejection", note);
  return report(name, results, unhandled);
}

/** Plays `count` seeds or, in the long form, new ones for its time. */
export async function playSeeds(count: number, play: (seed: number) => Promise<void>): Promise<void> {
  const until = performance.now() + SECONDS * 1_000;
  const first = ONLY_SEED !== undefined ? Number(ONLY_SEED) : SECONDS > 0 ? Math.floor(Math.random() * 2 ** 31) : 0;
  const last = first + (ONLY_SEED === undefined ? count : 1);
  for (let seed = first; seed < last || performance.now() < until; seed++) await play(seed);
}

interface CaseResult extends NamespaceReport {
  readonly seed: number;
  readonly kind: string;
  readonly done: string;
  readonly seconds: number;
}

async function playAll(name: string, store: DamagedStore, seeds: number[]): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const worker = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift())
      results.push(await play(name, store, seed));
  };
  await Promise.all(Array.from({ length: store.atATime ?? AT_A_TIME }, worker));
  return results;
}

let namespaces = 0;

async function play(name: string, store: DamagedStore, seed: number): Promise<CaseResult> {
  const namespace = `damage-${name}-${process.pid}-${namespaces++}`;
  const ways = store.waysFor(namespace);
  const way = ways[seed % ways.length]!;
  let done = "nothing yet";
  const startedAt = performance.now();
  const cluster = new DamagedNamespace(() => store.open(namespace));
  const result = await cluster.play(way, seeded(seed), (what) => (done = what));
  return { ...result, seed, kind: way.kind, done, seconds: (performance.now() - startedAt) / 1_000 };
}

function report(name: string, results: readonly CaseResult[], unhandled: readonly unknown[]): DamageReport {
  const sum = (count: (result: CaseResult) => number): number =>
    results.reduce((total, each) => total + count(each), 0);
  const problems = results.flatMap(({ seed, kind, done, problems }) => {
    const repeat = `to repeat it: BEATX_DAMAGE_SEED=${seed} npm run test:damage -- ${name}`;
    return problems.map(
      (problem) => `${kind} (seed ${seed}), ${JSON.stringify(done.slice(0, 200))}: ${problem}; ${repeat}`,
    );
  });
  problems.push(...unhandled.map((reason) => `unhandled rejection: ${String(reason)}`));
  const kinds = new Map<string, number>();
  for (const { kind } of results) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const text = [
    `${name}: ${results.length} cases, ${sum(({ expected }) => expected)} runs of healthy entries expected, ` +
      `${sum(({ sent }) => sent)} messages sent, ${sum(({ copies }) => copies)} copies, ${problems.length} problems`,
    `  ${[...kinds].map(([kind, count]) => `${kind} ${count}`).join(", ")}`,
    `  slowest: ${slowestOf(results)}`,
    ...problems.map((problem) => `  problem: ${problem}`),
  ].join("\n");
  return { cases: results.length, problems, text };
}

function slowestOf(results: readonly CaseResult[]): string {
  const slowest = [...results].sort((a, b) => b.seconds - a.seconds).slice(0, 3);
  return slowest.map(({ kind, seed, seconds }) => `${kind} (seed ${seed}) ${seconds.toFixed(1)} s`).join(", ");
}
