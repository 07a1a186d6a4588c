import { machineNow, NodeProcess } from "@beatx/measure";
import { waitFor } from "@beatx/test-servers";
import { processCpuUs } from "../base/process-cpu.js";
import { sleep } from "../base/time.js";
import { type Cell, type CellOptions, portOf } from "./cell.js";
import { NAMESPACE } from "./sample.js";
import { type Gaps, gapValues, untilKill } from "./take-over-gaps.js";

const EVENTS = ["leader", "standby", "published"];
const LOAD_TIMEOUT_MS = 300_000;
/** A standby whose CPU grew by less than this in the pause has read everything. */
const QUIET_US = 15_000;
const QUIET_PAUSE_MS = 400;
const QUIET_TIMES = 3;

/**
 * Two nodes on a full store, one of whose entries is due every 10 ms. The leader is stopped (SIGTERM) or killed
 * (SIGKILL), and another node takes its place as standby. Measured from the signal to the first message of the other node.
 */
export const takeOver: Cell = async (options) => {
  let leader = await startNode(options);
  await firstMessage(leader, 0);
  const gaps: Gaps = { SIGTERM: [], SIGKILL: [] };
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    for (let trial = 0; trial < options.bursts; trial++) {
      const standby = await startNode(options);
      await untilLoaded(standby);
      await sleep(untilKill(options));
      const at = machineNow();
      leader.signal(signal);
      gaps[signal].push((await firstMessage(standby, at)) - at);
      await leader.end("SIGKILL");
      leader = standby;
    }
  }
  await leader.end("SIGKILL");
  return { values: gapValues(gaps, options.ttlMs) };
};

function startNode(options: CellOptions): Promise<NodeProcess> {
  const uri = `redis://127.0.0.1:${portOf(options, "redis")}/0`;
  const node = { namespace: NAMESPACE, store: uri, publisher: `celery+${uri}`, lockTtlMs: options.ttlMs };
  return NodeProcess.start(node, EVENTS);
}

async function firstMessage(node: NodeProcess, since: number): Promise<number> {
  const found = await waitFor(
    "a message",
    () => node.find("published", since) ?? (node.hasEnded ? { at: NaN } : undefined),
    LOAD_TIMEOUT_MS,
  );
  if (Number.isNaN(found.at)) throw new Error(`a node has ended:\n${node.log}`);
  return found.at;
}

/** Waits until the node has worked and now sleeps: its first reading is over. */
async function untilLoaded(node: NodeProcess): Promise<void> {
  let [last, quiet] = [processCpuUs(node.pid) ?? 0, 0];
  while (quiet < QUIET_TIMES) {
    await sleep(QUIET_PAUSE_MS);
    const now = processCpuUs(node.pid) ?? 0;
    quiet = now - last <= QUIET_US ? quiet + 1 : 0;
    last = now;
  }
}
