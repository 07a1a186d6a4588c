import { medianOf } from "../base/statistics.js";
import type { CellOptions } from "./cell.js";

/** Times from a signal to the leader until the first message of the other node, in ms. */
export type Gaps = Record<"SIGTERM" | "SIGKILL", number[]>;

/** The figures of some take-overs. */
export function gapValues({ SIGTERM, SIGKILL }: Gaps, ttlMs: number): Record<string, number> {
  const [stopWorstMs, killWorstMs] = [Math.max(...SIGTERM), Math.max(...SIGKILL)];
  return { stopMs: medianOf(SIGTERM), stopWorstMs, killMs: medianOf(SIGKILL), killTtls: killWorstMs / ttlMs };
}

/** How long to wait before the signal, in ms: it falls anywhere between two renewals. */
export function untilKill({ ttlMs }: CellOptions): number {
  return 1_000 + (ttlMs / 3) * Math.random();
}
