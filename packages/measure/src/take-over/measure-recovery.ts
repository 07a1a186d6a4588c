import { type Proxy, startProxy } from "@beatx/chaos";
import { waitFor } from "@beatx/test-servers";
import { machineNow } from "../node/machine-time.js";
import { NodeProcess } from "../node/node-process.js";
import { StallMeter } from "../node/stall-meter.js";
import { type BrokerName, type RunningBroker, startBroker } from "./brokers.js";
import { steadySchedule } from "./cluster.js";
import type { OutageKind } from "./outages.js";
import { startStore } from "./stores.js";

/** One outage of a broker and what followed. */
export interface Recovery {
  /** From the broker's return to the first message, in ms. */
  readonly messageMs: number;
  /** For how long the machine let the node wait, and this process, in which the proxy runs. */
  readonly stallMs: number;
  /** From the fault to the first new attempt to connect, in ms; `null`: there was none before the broker was back. */
  readonly firstAttemptMs: number | null;
  /** The longest time between two attempts to connect while the broker refused them, in ms; `null`: it did not refuse. */
  readonly longestPauseMs: number | null;
  /** Attempts to connect in a second while the broker refused them. */
  readonly attemptsPerSecond: number | null;
}

/** How long a broker is away: long enough for the longest back-off to be reached. */
const SHORTEST_ABSENCE_MS = 2_000;
const LONGEST_ABSENCE_MS = 12_000;

/** Takes a broker away again and again from a node that publishes to it. */
export async function measureRecoveries(
  kind: OutageKind,
  brokerName: BrokerName,
  runs: number,
  random: () => number,
): Promise<Recovery[]> {
  const [broker, store] = await Promise.all([startBroker(brokerName), startStore("lmdb")]);
  const proxy = await startProxy(broker.port);
  let node: NodeProcess | undefined;
  try {
    const options = { namespace: "recovery", store: store.uri(), schedule: steadySchedule() };
    node = await NodeProcess.start({ ...options, publisher: broker.uri(proxy.port) }, ["leader", "published"]);
    const measured = [];
    while (measured.length < runs) {
      const awayMs = SHORTEST_ABSENCE_MS + random() * (LONGEST_ABSENCE_MS - SHORTEST_ABSENCE_MS);
      measured.push(await measureOne(node, kind, { broker, proxy, awayMs }));
    }
    return measured;
  } finally {
    await node?.end("SIGKILL");
    await proxy.stop();
    await Promise.all([broker.stop(), store.stop()]);
  }
}

interface Place {
  readonly broker: RunningBroker;
  readonly proxy: Proxy;
  readonly awayMs: number;
}

async function measureOne(node: NodeProcess, kind: OutageKind, { broker, proxy, awayMs }: Place): Promise<Recovery> {
  await quietSending(node);
  node.events.splice(0);
  // Both clocks of this process show the same time, but not from the same beginning.
  const offset = machineNow() - performance.now();
  const before = proxy.connectedAt.length;
  const meter = new StallMeter();
  const { from, back } = await kind.happen(broker, proxy, awayMs);
  const attemptsSince = (): number[] => proxy.connectedAt.slice(before).map((at) => at + offset);
  // The answer to a message may have arrived before the fault, and be read after it.
  const message = await waitFor("the first message", () => {
    const reconnectedAt = kind.reconnects ? (attemptsSince()[0] ?? Infinity) : back;
    return node.find("published", Math.max(back, reconnectedAt));
  });
  const attempts = attemptsSince();
  const stallMs = meter.since(back) + (await node.delays(back)).stallMs;
  meter.stop();
  const refused = kind.refuses ? attempts.filter((at) => at <= back) : null;
  return {
    messageMs: message.at - back,
    stallMs,
    firstAttemptMs: attempts[0] === undefined ? null : attempts[0] - from,
    longestPauseMs: refused && longestPause([from, ...refused, back]),
    attemptsPerSecond: refused && (refused.length / (back - from)) * 1_000,
  };
}

/** Waits until the node has sent for two seconds, so that its waits have been forgotten. */
async function quietSending(node: NodeProcess): Promise<void> {
  const since = machineNow();
  await waitFor("messages", () => node.find("published", since + 2_000));
}

function longestPause(moments: readonly number[]): number {
  return Math.max(...moments.slice(1).map((at, index) => at - moments[index]!));
}
