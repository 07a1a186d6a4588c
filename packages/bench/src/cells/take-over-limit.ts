import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { machineNow } from "@beatx/measure";
import { waitFor } from "@beatx/test-servers";
import { sleep } from "../base/time.js";
import { type Cell, type CellOptions, portOf } from "./cell.js";
import { type Gaps, gapValues, untilKill } from "./take-over-gaps.js";

const HOLDER = fileURLToPath(new URL("./lease-holder.js", import.meta.url));

/** A process that competes for the lease, and the moments (machine ms) at which it sent. */
interface Holder {
  readonly child: ChildProcess;
  readonly sentAt: number[];
}

function startHolder(options: CellOptions): Holder {
  const args = [String(portOf(options, "redis")), String(options.ttlMs)];
  const holder = { child: fork(HOLDER, args), sentAt: [] as number[] };
  holder.child.on("message", (at: number) => holder.sentAt.push(at));
  process.once("exit", () => holder.child.kill("SIGKILL"));
  return holder;
}

function firstSent(holder: Holder, since: number): Promise<number> {
  return waitFor("a message", () => holder.sentAt.find((at) => at >= since));
}

/** The take-over of two lease holders that have no schedule at all. */
export const takeOverLimit: Cell = async (options) => {
  let leader = startHolder(options);
  await firstSent(leader, 0);
  const gaps: Gaps = { SIGTERM: [], SIGKILL: [] };
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    for (let trial = 0; trial < options.bursts; trial++) {
      const standby = startHolder(options);
      await sleep(untilKill(options));
      const at = machineNow();
      leader.child.kill(signal);
      gaps[signal].push((await firstSent(standby, at)) - at);
      leader = standby;
    }
  }
  leader.child.kill("SIGKILL");
  return { values: gapValues(gaps, options.ttlMs) };
};
