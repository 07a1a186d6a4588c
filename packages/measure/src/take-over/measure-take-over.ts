import { waitFor } from "@beatx/test-servers";
import type { Delays, NodeEvent } from "../node/messages.js";
import { StallMeter } from "../node/stall-meter.js";
import { boundMs } from "./bounds.js";
import { Cluster, type Member, SETTINGS } from "./cluster.js";
import type { Fault } from "./faults.js";
import { startStore, type StoreName } from "./stores.js";

/** One fault and what followed; times in ms since the fault, or since the store was back. */
export interface TakeOver {
  /** Until a node held a lease that was granted since; `null`: the old lease lived on. */
  readonly leaseMs: number | null;
  /** Until the first message that was sent since by who may lead. */
  readonly messageMs: number;
  /** The promised bound, with the longest command of this run. */
  readonly boundMs: number;
  /** The longest command of the nodes that might take over, and of one that stops gracefully. */
  readonly commandMs: number;
  /** For how long the machine let them wait, and this process, through which the proxies carry data. */
  readonly stallMs: number;
}

/** Every follower has polled by then, and a fault falls anywhere between two renewals. */
const SETTLE_MS = 1.2 * SETTINGS.standbyPollMs;

/** Injects a fault again and again, each time into a healthy cluster. Rejects if no node takes over at all. */
export async function measureTakeOvers(
  fault: Fault,
  storeName: StoreName,
  runs: number,
  random: () => number,
): Promise<TakeOver[]> {
  const store = await startStore(storeName);
  const cluster = await Cluster.start(store).catch(async (error: unknown) => {
    await store.stop();
    throw error;
  });
  try {
    const measured = [];
    while (measured.length < runs) {
      measured.push(await measureTakeOver(cluster, fault, random));
      await cluster.fill();
    }
    return measured;
  } finally {
    await cluster.stop();
  }
}

/** Injects a fault once, at a moment that is drawn, and waits for a message of who leads then. Repairs it. */
export async function measureTakeOver(
  cluster: Cluster,
  fault: Pick<Fault, "bound" | "inject" | "repair" | "mayLeadAgain" | "isGraceful">,
  random: () => number,
): Promise<TakeOver> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS + random() * SETTINGS.lockTtlMs));
  const leader = await cluster.leader();
  const meter = new StallMeter();
  try {
    const since = await fault.inject(cluster, leader, random);
    const heirs = cluster.members.filter((member) => fault.mayLeadAgain || member !== leader);
    const message = await waitFor("a message of the next leader", () => first(heirs, "published", since));
    const lease = first(heirs, "leader", since);
    const delays = await Promise.all(heirs.map(({ node }) => node.delays(since)));
    const before = fault.isGraceful ? await lastDelays(leader) : NO_DELAYS;
    const stallMs = meter.since(since) + before.stallMs + Math.max(...delays.map((each) => each.stallMs));
    const commandMs = Math.max(before.commandMs, ...delays.map((each) => each.commandMs));
    await fault.repair(leader);
    return {
      leaseMs: lease && lease.at < message.at ? lease.at - since : null,
      messageMs: message.at - since,
      boundMs: boundMs(fault.bound(cluster.store.name), commandMs),
      commandMs,
      stallMs,
    };
  } finally {
    meter.stop();
  }
}

const NO_DELAYS: Delays = { stallMs: 0, commandMs: 0 };

/** What machine and store took while the old leader stopped, as it says itself at its end. */
async function lastDelays({ node }: Member): Promise<Delays> {
  const event = await waitFor("the end of the old leader", () => node.find("stopped", 0));
  return { stallMs: Number(event["stallMs"]), commandMs: Number(event["commandMs"]) };
}

/** The earliest such event of all of them. */
function first(members: readonly Member[], event: string, since: number): NodeEvent | undefined {
  const found = members.flatMap(({ node }) => node.find(event, since) ?? []);
  return found.sort((a, b) => a.at - b.at)[0];
}
