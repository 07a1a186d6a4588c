import { type Client, createClient } from "@beatx/core";
import { disturbance, losesData, lostSince } from "./checker/effects.js";
import type { Fault, RunRecord, Stall, Timing } from "./checker/record.js";
import { Cluster } from "./cluster/cluster.js";
import { COMMAND_TIMEOUT_MS, SETTINGS } from "./cluster/configuration.js";
import { Editor } from "./cluster/editor.js";
import { doHarm, type Scene } from "./cluster/harm.js";
import { watchStalls, watchStore } from "./cluster/stalls.js";
import { pause } from "./faults/pause.js";
import { type Choice, drawEpisodes, type Episode } from "./faults/plan.js";
import { randomOf } from "./faults/random.js";
import type { OpenPair, Pair } from "./servers/pair.js";

const NODES = 3;
/** All that is due has to have arrived so long after the window of the last fault. */
const CALM_MS = 2_000;
/** What arrives within this after the end of a run, in ms, is late. What arrives later still counts as missed. */
const LATE_MS = 5_000;

/** What one run is asked for. */
export interface RunOptions {
  readonly pair: Pair;
  readonly seed: number;
  /** No episode begins later than this after the start, in ms. */
  readonly forMs: number;
  /** No faults at all. */
  readonly quiet?: boolean;
}

/** What one run was. */
export interface Run {
  readonly record: RunRecord;
  readonly logs: string;
}

/** Faults of nodes and their connections, which every pair has. */
function choicesOf({ ports }: OpenPair, { choices }: Pair): Choice[] {
  const servers = (["store", "queue"] as const).filter((server) => ports[server] !== undefined);
  const connections = servers.flatMap((server): Choice[] => [
    { kind: "cut", server, weight: 1 },
    { kind: "half-open", server, weight: 1 },
    { kind: "delay", server, weight: 1 },
    { kind: "trickle", server, weight: 0.7 },
    { kind: "lose-replies", server, weight: 1 },
    { kind: "late-commands", server, weight: 1 },
  ]);
  const nodes: Choice[] = [
    { kind: "kill", weight: 3 },
    { kind: "stop", weight: 1.5 },
    { kind: "pause", weight: 3 },
    { kind: "clock-step", weight: 1.5 },
    { kind: "rolling-restart", weight: 0.7 },
    { kind: "kill-all", weight: 0.5 },
  ];
  return [...nodes, ...connections, ...choices];
}

/** Starts servers, nodes and a client, does the faults that the seed draws, and records what happened. */
export async function run(options: RunOptions): Promise<Run> {
  const open = await options.pair.open();
  const { store } = open.options(open.ports);
  const client = createClient({ store, namespace: SETTINGS.namespace, from: import.meta.url });
  try {
    const cluster = await Cluster.start(options.pair, open, NODES);
    try {
      return { record: await runOn(options, open, cluster, client), logs: cluster.logs };
    } finally {
      await cluster.stop();
    }
  } finally {
    await client.close().catch(() => undefined);
    await open.stop();
  }
}

async function runOn(options: RunOptions, open: OpenPair, cluster: Cluster, client: Client): Promise<RunRecord> {
  const editor = new Editor(client, randomOf(options.seed ^ 0x5eed));
  const ownStalls = watchStalls();
  await editor.begin();
  const storeStalls = watchStore(client);
  const from = Date.now() + CALM_MS;
  const editing = editor.run();
  const faults = await play(options, { pair: options.pair, open, cluster, editor });
  await editor.end();
  await editing;
  const to = Date.now() - CALM_MS;
  await cluster.mend();
  // The nodes go on, so messages never stop: those due after `to` are not judged.
  await pause(LATE_MS);
  const others = [...ownStalls.stop(), ...open.collector.stalls, ...(await storeStalls.stop())];
  const stalls = [...others, ...cluster.slots.flatMap((slot) => slot.stalls)];
  return recordOf(options, { from, to, faults, stalls }, open, editor, cluster);
}

function recordOf(
  { pair }: RunOptions,
  measured: { from: number; to: number; faults: Fault[]; stalls: Stall[] },
  open: OpenPair,
  { versions, requests, lostEdits }: Editor,
  cluster: Cluster,
): RunRecord {
  const crashes = cluster.slots.flatMap((slot) => slot.crashes);
  const uncertain = cluster.slots.flatMap((slot) => slot.uncertain);
  const { name, guarantee } = pair;
  const kept = { versions, requests, lostEdits, arrivals: [...open.collector.arrivals], crashes, uncertain };
  return { pair: name, guarantee, timing: timingOf(pair), ...measured, ...kept };
}

function timingOf({ timing }: Pair): Timing {
  const { lockTtlMs: ttlMs, standbyPollMs } = SETTINGS;
  return { ttlMs, standbyPollMs, commandTimeoutMs: COMMAND_TIMEOUT_MS, ...timing };
}

/** Plays episodes, or waits, until the time is over. */
async function play({ pair, seed, forMs, quiet = false }: RunOptions, scene: Scene): Promise<Fault[]> {
  const end = Date.now() + forMs;
  if (quiet) {
    await pause(forMs);
    await scene.editor.look();
    return [];
  }
  const faults: Fault[] = [];
  for (const episode of drawEpisodes(seed, choicesOf(scene.open, pair), NODES)) {
    faults.push(...(await playEpisode(scene, episode)));
    if (Date.now() > end) return faults;
  }
  return faults;
}

async function playEpisode(scene: Scene, episode: Episode): Promise<Fault[]> {
  const faults = await Promise.all(
    episode.map(async (planned) => {
      await pause(planned.afterMs);
      return doHarm(scene, planned);
    }),
  );
  const timing = timingOf(scene.pair);
  const quietFrom = Math.max(...faults.map((fault) => disturbance(fault, timing).to)) + CALM_MS;
  await pause(Math.max(0, quietFrom - Date.now()));
  await scene.cluster.mend();
  const lost = faults.filter((fault) => losesData(fault, "store"));
  const since = Math.min(...lost.map(lostSince));
  await scene.editor.look(lost[0] && { since, by: lost[0].kind });
  return faults;
}
