import { pause } from "../base/pause.js";
import type { Crew } from "./crew.js";
import type { HammeredServer } from "./options.js";
import { randomBetween, seededRandom } from "./random.js";

/** When faults happen, and for how long. */
export interface FaultSettings {
  readonly seed: number;
  /** Lifetime of the lease in ms. All faults are measured by it. */
  readonly ttlMs: number;
  /** Once `true`, no new fault begins. */
  readonly hasEnded: () => boolean;
}

export interface WorkerFaults {
  readonly workerStops: number;
  readonly workerKills: number;
}

export interface ServerFaults {
  readonly serverPauses: number;
  readonly serverRestarts: number;
}

/** Stops workers for a while, some for longer than a lease lives, and sometimes kills one. Resolves when all run again. */
export async function disturbWorkers(crew: Crew, { seed, ttlMs, hasEnded }: FaultSettings): Promise<WorkerFaults> {
  const random = seededRandom(seed, "worker faults");
  const done = { workerStops: 0, workerKills: 0 };
  const underWay: Promise<void>[] = [];
  for (;;) {
    await pause(ttlMs * randomBetween(random, 0.1, 1));
    if (hasEnded()) break;
    const position = Math.floor(random() * crew.size);
    const [kind, length] = [random(), random()];
    if (kind < 0.1) {
      done.workerKills += 1;
      underWay.push(crew.replace(position));
    } else {
      done.workerStops += 1;
      const lengthMs = kind < 0.6 ? length * 0.5 * ttlMs : (0.5 + 2 * length) * ttlMs;
      underWay.push(stopWorker(crew, position, lengthMs));
    }
  }
  await Promise.all(underWay);
  return done;
}

/** Resumes the process that it stopped, even if another has taken its place meanwhile. */
async function stopWorker(crew: Crew, position: number, lengthMs: number): Promise<void> {
  const worker = crew.at(position);
  worker.stop();
  await pause(lengthMs);
  worker.resume();
}

/** Pauses the server, or kills and restarts it. Resolves when it serves again. */
export async function disturbServer(
  server: HammeredServer,
  { seed, ttlMs, hasEnded }: FaultSettings,
): Promise<ServerFaults> {
  const random = seededRandom(seed, "server faults");
  const done = { serverPauses: 0, serverRestarts: 0 };
  for (;;) {
    await pause(ttlMs * randomBetween(random, 1, 8));
    if (hasEnded()) return done;
    const [kind, length] = [random(), random()];
    if (kind < 0.6) {
      done.serverRestarts += 1;
      await server.kill();
      await pause(length ** 2 * ttlMs);
      await server.restart();
    } else {
      done.serverPauses += 1;
      await server.pause();
      await pause(length * 2 * ttlMs);
      await server.resume();
    }
  }
}
