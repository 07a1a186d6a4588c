import { type Beat, type BeatOptions, createBeat } from "@beatx/core";
import { KeptLog } from "../base/kept-log.js";
import { sleep } from "../base/time.js";
import { NAMESPACE } from "./sample.js";

/** A beat whose ticks the cell runs itself. */
export interface BenchBeat {
  readonly beat: Beat;
  /** What it warned of. */
  readonly log: KeptLog;
}

const LEAD_TIMEOUT_MS = 120_000;

/** Creates a beat with the namespace of the cells and their packages. */
export function benchBeat(options: Omit<BeatOptions, "namespace" | "logger">): BenchBeat {
  const log = new KeptLog();
  return { log, beat: createBeat({ from: import.meta.url, ...options, namespace: NAMESPACE, logger: log.logger }) };
}

/** Ticks until the beat leads, and once more. @throws Error with its warnings if it never does */
export async function tickUntilLeading({ beat, log }: BenchBeat): Promise<void> {
  const end = performance.now() + LEAD_TIMEOUT_MS;
  let leads = false;
  beat.once("leader", () => (leads = true));
  while (!leads) {
    await sleep(Math.min(await beat.tick(), 50));
    if (performance.now() > end) throw new Error(`the beat did not lead: ${log.lines.join("; ")}`);
  }
  await beat.tick();
}
