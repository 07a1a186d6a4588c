/** One cluster that meets some damaged records. Everything that happens follows from the seed. */

import { seeded } from "@beatx/test-servers/seeded";
import { type Damage, drawDamage, isNewer } from "./damage.js";
import { pick } from "./damaged-text.js";
import { checkClient, checkHealthy, checkNoise, checkSaysUpgrade, checkRepair, checkTerms } from "./checks.js";
import { DamagedCluster, type Sending } from "./damaged-cluster.js";

/** When the records are damaged. */
export type Phase =
  | "before the first start"
  | "while a node leads"
  | "before a take-over"
  | "during a take-over"
  | "between two leaders"
  | "before a wipe"
  | "after a wipe";

const PHASES: readonly Phase[] = [
  "before the first start",
  "while a node leads",
  "before a take-over",
  "during a take-over",
  "between two leaders",
  "before a wipe",
  "after a wipe",
];

const WITH_STANDBY: readonly Phase[] = ["while a node leads", "before a take-over", "during a take-over"];

const OUTLIVES_NEWER: readonly Phase[] = [...WITH_STANDBY, "between two leaders"];

const SENDINGS: readonly Sending[] = ["in one step", "at-least-once", "at-most-once"];

export interface Scenario {
  /** Also of the nodes' jitter. */
  readonly seed: number;
  readonly phase: Phase;
  readonly sending: Sending;
  readonly damages: readonly Damage[];
}

const DAMAGES = 10;

export function drawScenario(seed: number): Scenario {
  const random = seeded(seed);
  const phase = pick(random, PHASES);
  const sending = pick(random, SENDINGS);
  const names = new Set<string>();
  const damages = Array.from({ length: DAMAGES }, (_, index) => drawDamage(random, index)).filter(
    ({ name, record, definition }) => {
      // A store that lost its data and got a cluster record from elsewhere has lost nothing, as far as a node can tell.
      if (names.has(name) || (phase === "after a wipe" && record === "cluster record")) return false;
      // A version that can be read is no damage: nodes without one leave the schedule to those that have one (R30).
      if (phase === "before the first start" && /"configVersion":[^n]/.test(definition ?? "")) return false;
      // No node of this version runs then: with a wipe, or before the schedule is made, runs are rightly missing.
      if (isNewer({ record, definition }) && !OUTLIVES_NEWER.includes(phase)) return false;
      names.add(name);
      return true;
    },
  );
  return { seed, phase, sending, damages };
}

export interface ScenarioResult {
  /** Empty if everything held. */
  readonly problems: readonly string[];
  /** Occurrences of healthy entries that had to be sent, each exactly once. */
  readonly expected: number;
  /** Those that were sent, with copies. */
  readonly sent: number;
  /** Damaged records that the client showed as broken, all of which were repaired. */
  readonly broken: number;
}

/** Plays the scenario, 60 s of it, then repairs what is broken. */
export async function play(scenario: Scenario): Promise<ScenarioResult> {
  const { phase, sending, damages } = scenario;
  const cluster = new DamagedCluster(sending, seeded(scenario.seed));
  try {
    await happen(cluster, scenario);
    const isNewerHere = damages.some(isNewer);
    const healthy = checkHealthy(cluster, phase.endsWith("a wipe"));
    const problems = [
      ...healthy.problems,
      ...checkTerms(cluster, TERMS[phase] + (isNewerHere ? 1 : 0)),
      ...checkNoise(cluster, damages.length),
      ...(isNewerHere ? checkSaysUpgrade(cluster) : []),
    ];
    const view = await checkClient(cluster, damages);
    problems.push(...view.problems, ...(await checkRepair(cluster, view.broken)));
    return { problems, expected: healthy.expected, sent: healthy.sent, broken: view.broken.length };
  } finally {
    await cluster.end();
  }
}

/** The terms that begin at most. */
const TERMS: Record<Phase, number> = {
  "before the first start": 1,
  "while a node leads": 1,
  "before a take-over": 2,
  "during a take-over": 2,
  "between two leaders": 2,
  "before a wipe": 2,
  "after a wipe": 2,
};

/** Ends 60.5 s after the start. */
async function happen(cluster: DamagedCluster, { phase, damages }: Scenario): Promise<void> {
  const { clock, client } = cluster;
  if (phase === "before the first start") await cluster.damage(damages);
  await client.put("api", { task: "t", schedule: "2s", missed: "all" });
  // A cluster record and entries that come from elsewhere are the schedule of another application (R43).
  await cluster.start(phase === "before the first start");
  await clock.advance(10);
  if (WITH_STANDBY.includes(phase)) await cluster.start();
  await clock.advance(5_490);
  await DAMAGING[phase](cluster, damages);
  // By now a wiped store has its schedule back.
  await clock.advance(30_000);
  if (damages.some(isNewer)) await cluster.removeClusterRecord();
  await cluster.ended(client.runNow("rare"));
  await clock.advanceTo("2030-01-01T00:01:00.500Z");
}

const DAMAGING: Record<Phase, (cluster: DamagedCluster, damages: readonly Damage[]) => Promise<void>> = {
  "before the first start": async () => undefined,
  "while a node leads": (cluster, damages) => cluster.damage(damages),
  "before a take-over": async (cluster, damages) => {
    await cluster.damage(damages);
    await cluster.clock.advance(3_000);
    cluster.kill();
  },
  "during a take-over": async (cluster, damages) => {
    cluster.kill();
    cluster.beforeCommand(damages.length, () => cluster.damage(damages));
  },
  "between two leaders": async (cluster, damages) => {
    await cluster.ended(cluster.nodes[0]!.beat.stop());
    await cluster.damage(damages);
    await cluster.start();
  },
  "before a wipe": async (cluster, damages) => {
    await cluster.damage(damages);
    await cluster.clock.advance(2_000);
    cluster.wipe();
  },
  "after a wipe": async (cluster, damages) => {
    cluster.wipe();
    await cluster.damage(damages.filter(({ cursor }) => cursor === undefined));
  },
};
