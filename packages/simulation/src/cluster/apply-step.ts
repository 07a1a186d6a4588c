import type { Peer, Step } from "../faults/step.js";
import type { Link } from "../world/link.js";
import type { Cluster } from "./cluster.js";
import type { Node } from "./node.js";

/** Makes it happen. `false`: it has nothing to work on now, such as the crash of a process that does not run. */
export function applyStep(cluster: Cluster, step: Step): boolean {
  const { circumstances, backend, editor } = cluster;
  switch (step.kind) {
    case "edit":
      return editor.edit(step.edit);
    case "client command":
      cluster.clientLink.disturb(step.fault, step.passes);
      return true;
    case "check":
      check(cluster, step.sinceMs);
      return true;
    case "wipe":
      backend.wipe();
      return true;
    case "evict":
      return backend.evict(step.share) !== undefined;
    case "roll back":
      return false; // Planned by the cluster, which takes the snapshot before.
    case "refuse":
      circumstances.tell(() => `the queue refuses messages for ${step.forMs} ms`);
      backend.broker.refuse(step.forMs);
      return true;
    case "stuck":
    case "down":
      return disturbServer(cluster, step);
    case "set clock":
      return setClock(cluster, step);
    case "start":
    case "crash":
    case "stop":
    case "deploy":
    case "stand still":
    case "command":
    case "cut":
    case "slow":
    case "batch":
      return disturbNode(cluster, step);
  }
}

function check({ editor, quiet, nodes, timeline }: Cluster, sinceMs: number): void {
  quiet.slowestClockMs = Math.min(...nodes.map(({ machine }) => machine.wallOffsetMs));
  editor.read().then(
    (entries) => quiet.onQuiet(entries, sinceMs, nodes),
    (error: Error) => timeline.fail(error),
  );
}

function disturbServer(
  { circumstances, backend }: Cluster,
  { kind, peer, forMs }: Extract<Step, { kind: "stuck" | "down" }>,
): boolean {
  circumstances.tell(() => `the ${peer} is ${kind} for ${forMs} ms`);
  const server = peer === "store" ? backend.storeServer : backend.queueServer;
  if (kind === "stuck") server.getStuck(forMs);
  else if (server === backend.storeServer) backend.restart(forMs);
  else server.goDown(forMs);
  return true;
}

function setClock({ circumstances, nodes }: Cluster, { node, byMs }: Extract<Step, { kind: "set clock" }>): boolean {
  const { world, storeMachine } = circumstances;
  circumstances.tell(() => `the clock of ${node === null ? "the store" : `node ${node + 1}`} is set by ${byMs} ms`);
  const isShared = world.store === "local";
  if (node === null || isShared) {
    storeMachine.stepWallClock(byMs);
    circumstances.storeClockSetAt = circumstances.nowMs;
  }
  for (const [index, { machine }] of nodes.entries()) if (isShared || index === node) machine.stepWallClock(byMs);
  return true;
}

type NodeStep = Extract<Step, { node: number }>;

function disturbNode(cluster: Cluster, step: NodeStep): boolean {
  const { circumstances, nodes } = cluster;
  const node = nodes[step.node];
  if (!node) return false;
  const tell = (what: string): void => circumstances.tell(() => `${node.machine.name} ${what}`);
  switch (step.kind) {
    case "start":
      if (node.isRunning) return false;
      tell("starts");
      node.start();
      return true;
    case "crash":
    case "stop":
      if (!node.isRunning) return false;
      tell(step.kind === "crash" ? "is killed" : "stops");
      endProcess(cluster, node, step.kind);
      return true;
    case "deploy":
      tell(`starts anew with configuration ${step.configuration}`);
      node.stop();
      node.configuration = step.configuration;
      node.start();
      return true;
    case "stand still":
      tell(`stands still (${step.how}) for ${step.forMs} ms`);
      return node.machine.standStill(step.forMs, step.how);
    case "batch":
      node.disturbBatch(step.fault);
      return true;
    case "command":
    case "cut":
    case "slow":
      return disturbLink(node.links, step, tell);
  }
}

/** Ends the process of a node. If it led, the take-over that follows is judged. */
function endProcess({ judge, nodes }: Cluster, node: Node, kind: "crash" | "stop"): void {
  const { isLeader } = node;
  node[kind]();
  if (isLeader) judge.takeOvers.onEnd(kind, nodes.filter(({ isRunning }) => isRunning).length);
}

function disturbLink(
  links: Readonly<Record<Peer, Link>> | null,
  step: Extract<NodeStep, { peer: Peer }>,
  tell: (what: string) => void,
): boolean {
  const link = links?.[step.peer];
  if (!link) return false;
  if (step.kind === "command") link.disturb(step.fault);
  else {
    tell(`${step.kind === "cut" ? "is cut off from" : "is slow to reach"} the ${step.peer} for ${step.forMs} ms`);
    if (step.kind === "cut") link.cut(step.forMs);
    else link.slowDown(step.forMs, step.byMs);
  }
  return true;
}
