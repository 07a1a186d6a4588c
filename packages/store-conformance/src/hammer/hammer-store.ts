import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@beatx/core";
import { Crew } from "./crew.js";
import { disturbServer, disturbWorkers, type FaultSettings, type ServerFaults, type WorkerFaults } from "./faults.js";
import { machineMs } from "./journal.js";
import { checkOptions, paceOf, type HammeredServer, type HammerOptions, type Settings } from "./options.js";
import { WorkerProcess } from "./worker-process.js";
import { makeReport, type HammerReport, type HammerRun } from "./report.js";
import type { WorkerReady } from "./worker-task.js";

/**
 * Makes processes compete for one lease through a store, and stops, resumes, kills and restarts them, and the server if
 * given, at random. Then checks from their journals whether two of them ever led at once.
 *
 * The processes import the store themselves, in plain Node. Resolves to a report, whose `problems` lists every broken
 * promise; rejects when the store cannot be opened or the server does not come back. Needs signals, so Linux or macOS. Ends
 * every process that it started and removes its files, but leaves the store's data under the namespace.
 */
export async function hammerStore(options: HammerOptions): Promise<HammerReport> {
  if (process.platform === "win32")
    throw new ConfigError("hammerStore stops processes with SIGSTOP, which Windows lacks: use Linux or macOS");
  const settings = checkOptions(options);
  const subjects = await Promise.all(settings.stores.map((_, index) => probe(settings, index)));
  const pace = paceOf(settings, Math.max(...subjects.map(({ lockResolutionMs }) => lockResolutionMs)));
  const folder = await mkdtemp(join(tmpdir(), "beatx-hammer-"));
  const crew = new Crew(settings, pace, folder);
  try {
    const run = await hammer(crew, settings, pace.ttlMs, subjects);
    return makeReport(run, crew.readJournals());
  } finally {
    await crew.killAll();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Opens the store once, in a process like the workers'. Rejects with that process's stderr if it cannot. */
async function probe({ stores, namespace }: Settings, index: number): Promise<WorkerReady> {
  const worker = new WorkerProcess("that tries to open the store", { kind: "probe", store: stores[index]!, namespace });
  try {
    return await worker.ready;
  } finally {
    await worker.finish();
  }
}

async function hammer(
  crew: Crew,
  { seed, server, workers, durationMs }: Settings,
  ttlMs: number,
  subjects: readonly WorkerReady[],
): Promise<HammerRun> {
  await crew.start();
  const endAtMs = machineMs() + durationMs;
  const hasEnded = (): boolean => crew.hasGivenUp || machineMs() >= endAtMs;
  const [workerFaults, serverFaults] = await disturb(crew, server, { seed, ttlMs, hasEnded });
  await crew.finish();
  return {
    seed,
    storeNames: subjects.map(({ storeName }) => storeName),
    workers,
    ttlMs,
    durationMs,
    ...workerFaults,
    ...serverFaults,
    workerCrashes: crew.crashes,
  };
}

/** Resolves when everything runs again. If the server does not come back, the faults of the workers end at once too. */
async function disturb(
  crew: Crew,
  server: HammeredServer | undefined,
  settings: FaultSettings,
): Promise<[WorkerFaults, ServerFaults]> {
  let isServerLost = false;
  const serverFaults = server
    ? disturbServer(server, settings)
    : Promise.resolve({ serverPauses: 0, serverRestarts: 0 });
  serverFaults.catch(() => (isServerLost = true));
  const workerFaults = await disturbWorkers(crew, { ...settings, hasEnded: () => isServerLost || settings.hasEnded() });
  return [workerFaults, await serverFaults];
}
