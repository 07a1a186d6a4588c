import type { Fault, FaultKind } from "../checker/record.js";
import { randomOf, type Random } from "./random.js";

/** A fault as it is drawn. */
export interface PlannedFault {
  readonly kind: FaultKind;
  /** After the beginning of its episode, in ms. */
  readonly afterMs: number;
  /** How long it lasts, in ms; of a kill, after how long the node is started again. */
  readonly forMs: number;
  readonly node?: number;
  readonly server?: "store" | "queue" | "both";
  /** Of `delay`: ms. Of `trickle`: bytes every 5 ms. */
  readonly amount?: number;
  readonly stepMs?: number;
}

/** Faults that come close together. After each episode all is quiet until everything has to have arrived. */
export type Episode = readonly PlannedFault[];

/** A fault that can happen to a pair of store and queue. The greater the weight, the more often it is drawn. */
export interface Choice {
  readonly kind: FaultKind;
  readonly server?: Fault["server"];
  readonly weight: number;
}

const MIN_FAULTS = 3;
const MAX_FAULTS = 6;
const SPREAD_MS = 6_000;

/** The episodes of a seed, without end. One node of each episode is spared by the faults of single nodes. */
export function* drawEpisodes(seed: number, choices: readonly Choice[], nodes: number): Generator<Episode> {
  const random = randomOf(seed);
  for (;;) {
    const spared = random.between(0, nodes - 1);
    const harmed = Array.from({ length: nodes }, (_, node) => node).filter((node) => node !== spared);
    const count = random.between(MIN_FAULTS, MAX_FAULTS);
    const faults: PlannedFault[] = [];
    while (faults.length < count) {
      const choice = draw(random, choices);
      // Two faults of all nodes or of a server would only wait for each other.
      if (isWide(choice.kind) && faults.some(({ kind }) => isWide(kind))) continue;
      faults.push(plan(random, choice, random.pick(harmed)));
    }
    yield faults.toSorted((a, b) => a.afterMs - b.afterMs);
  }
}

function draw(random: Random, choices: readonly Choice[]): Choice {
  let rest = random.next() * choices.reduce((sum, { weight }) => sum + weight, 0);
  return choices.find(({ weight }) => (rest -= weight) < 0) ?? choices[0]!;
}

function isWide(kind: FaultKind): boolean {
  return kind.startsWith("server-") || kind === "promotion" || kind === "kill-all" || kind === "rolling-restart";
}

function plan(random: Random, { kind, server }: Choice, node: number): PlannedFault {
  const afterMs = random.between(0, SPREAD_MS);
  const forMs = random.between(200, kind === "pause" ? 9_000 : 4_500);
  const base = { kind, afterMs, forMs, ...(server === undefined ? {} : { server }) };
  if (isWide(kind)) return base;
  if (kind === "delay") return { ...base, node, amount: random.between(20, 1_200) };
  if (kind === "trickle") return { ...base, node, amount: random.between(1, 40) };
  if (kind !== "clock-step") return { ...base, node };
  return { ...base, node, stepMs: random.between(1, 8) * 1_000 * random.pick([-1, 1]) };
}
