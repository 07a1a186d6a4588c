import type { Fault } from "../checker/record.js";
import { pause } from "../faults/pause.js";
import type { PlannedFault } from "../faults/plan.js";
import type { OpenPair, Pair } from "../servers/pair.js";
import type { Cluster } from "./cluster.js";
import type { Editor } from "./editor.js";
import type { ProxyMode } from "./proxy.js";
import { CLOCK_DELAY_MS, type Slot } from "./slot.js";

/** Everything that faults are done to. */
export interface Scene {
  readonly pair: Pair;
  readonly open: OpenPair;
  readonly cluster: Cluster;
  readonly editor: Editor;
}

const LOSING = ["server-wipe", "server-roll-back", "server-evict", "promotion"];

/** Does a fault. Resolves when it is over, to how it really was. */
export async function doHarm(scene: Scene, planned: PlannedFault): Promise<Fault> {
  const { kind, node, server, stepMs } = planned;
  if (LOSING.includes(kind)) await scene.editor.hold();
  const from = Date.now();
  const more = await harm(scene, planned);
  const fields = {
    ...(node === undefined ? {} : { node }),
    ...(server ? { server } : {}),
    ...(stepMs ? { stepMs } : {}),
  };
  return { kind, from, to: Date.now(), ...fields, ...more };
}

type Measured = Partial<Pick<Fault, "lostSince" | "from" | "to">> | undefined;

async function harm(scene: Scene, planned: PlannedFault): Promise<Measured> {
  const { kind, node, forMs } = planned;
  const slot = scene.cluster.slots[node ?? 0]!;
  switch (kind) {
    case "kill":
    case "stop":
      return leaveAndReturn(scene, slot, kind, forMs);
    case "pause":
      return inTurn(slot, () => slot.pauseFor(forMs));
    case "kill-all":
      await Promise.all(scene.cluster.slots.map((each) => leaveAndReturn(scene, each, "kill", forMs)));
      return undefined;
    case "rolling-restart":
      return rollingRestart(scene);
    case "clock-step":
      return stepClock(scene, slot, planned);
    case "cut":
    case "half-open":
    case "delay":
    case "trickle":
    case "lose-replies":
    case "late-commands":
      return harmConnections(slot, kind, planned);
    case "server-restart":
    case "server-wipe":
    case "server-pause":
    case "server-full":
    case "server-roll-back":
    case "server-evict":
    case "promotion":
      return scene.open.harm(planned);
  }
}

/** Waits for the node's turn, and measures the fault from then on. */
async function inTurn(slot: Slot, action: () => Promise<void>): Promise<Measured> {
  let from = 0;
  await slot.inTurn(() => {
    from = Date.now();
    return action();
  });
  return { from };
}

async function leaveAndReturn(
  { cluster }: Scene,
  slot: Slot,
  how: "kill" | "stop",
  afterMs: number,
): Promise<Measured> {
  return inTurn(slot, async () => {
    await slot[how]();
    await pause(afterMs);
    await cluster.startNode(slot);
  });
}

/** A deployment: every node ends and comes back with the next version of the configuration. */
async function rollingRestart({ cluster, editor }: Scene): Promise<undefined> {
  cluster.version++;
  editor.expectConfiguration(cluster.version);
  for (const slot of cluster.slots) {
    await slot.inTurn(async () => {
      await slot.stop();
      await cluster.startNode(slot);
    });
  }
}

/** The nodes of one machine, which share files, share its clock too. */
async function stepClock(
  { pair, cluster }: Scene,
  slot: Slot,
  { stepMs = 0, forMs }: PlannedFault,
): Promise<undefined> {
  const slots = pair.timing.sharedFiles ? cluster.slots : [slot];
  await Promise.all(slots.map((each) => each.setClock(stepMs)));
  await pause(forMs);
  await Promise.all(slots.map((each) => each.setClock(0)));
  await pause(CLOCK_DELAY_MS);
}

async function harmConnections(
  slot: Slot,
  mode: ProxyMode,
  { server, amount, forMs }: PlannedFault,
): Promise<undefined> {
  const proxy = server === "queue" ? slot.proxies.queue : slot.proxies.store;
  proxy?.set(mode, amount);
  await pause(forMs);
  proxy?.set("pass");
}
