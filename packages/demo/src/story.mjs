// @ts-check
/** The plot: three nodes start, the leader is killed, another takes over, then all stop, the leader first. */

import { systemClock } from "@beatx/core";
import { formatSeconds } from "./show.mjs";
import { LOCK_TTL_MS } from "./schedule.mjs";

/**
 * @typedef {import("./cluster.mjs").Cluster} Cluster
 * @typedef {import("./show.mjs").Show} Show
 */

const LEAD_FOR_MS = 6_000;
const AFTER_KILL_MS = 8_000;
const LAST_NODE_LEADS_MS = 1_500;
/** The longest wait for one event, with room for a busy machine. */
const PATIENCE_MS = 30_000;

/**
 * Passes the nodes' reports on to the show.
 *
 * @param {Cluster} cluster
 * @param {Show} show
 */
export function narrate(cluster, show) {
  for (const node of cluster.nodes) {
    show.addNode(node);
    node.on("report", (/** @type {import("./node-process.mjs").NodeEvent} */ event) => {
      switch (event.kind) {
        case "leader":
          return show.setRole(node.name, "LEADER", `fence ${event.fence}`);
        case "standby":
          return event.reason === "stopped" ? undefined : show.setRole(node.name, "standby");
        case "published":
          return show.addMessage(node.name, event);
        case "refused":
          show.refused += 1;
          return show.say(`the queue refused a copy of a message of ${event.entry}`);
        case "error":
          return show.say(`node ${node.name}: ${event.message}`);
      }
    });
  }
}

/**
 * Plays until the first leader is dead and another one leads. Resolves to the time without a leader (`tookMs`), and to the
 * moment by the monotonic clock at which the demo goes on (`untilMs`).
 *
 * @param {Cluster} cluster
 * @param {Show} show
 */
export async function killLeader(cluster, show) {
  show.say("three nodes start; the first to get the lease leads");
  const first = await inTime(cluster.nextLeader(), "a first leader");
  show.say(`node ${first.name} leads, the others stand by`);
  await pause(LEAD_FOR_MS);

  const leader = cluster.leader ?? first;
  const next = cluster.nextLeader();
  const killedAtMs = systemClock.monotonicMs();
  leader.send("SIGKILL");
  show.setRole(leader.name, "KILLED", "kill -9");
  show.say(`kill -9 of node ${leader.name}, the leader; its lease runs out within ${formatSeconds(LOCK_TTL_MS)}`);
  const heir = await inTime(next, "a take-over");
  const tookMs = systemClock.monotonicMs() - killedAtMs;
  show.say(`node ${heir.name} has taken over after ${formatSeconds(tookMs)} and sends the missed occurrences`);
  return { tookMs, untilMs: killedAtMs + AFTER_KILL_MS };
}

/**
 * Stops the leader, so that the last node leads, then that one. Resolves to the time without a leader in ms, or to `null` if
 * there was no hand-over.
 *
 * @param {Cluster} cluster
 * @param {Show} show
 */
export async function stopAll(cluster, show) {
  const { leader } = cluster;
  /** @type {number | null} */
  let tookMs = null;
  if (leader && cluster.running.length > 1) {
    show.say(`node ${leader.name}, the leader, gets SIGTERM and releases its lease`);
    const askedAtMs = systemClock.monotonicMs();
    const next = inTime(cluster.nextLeader(), "a hand-over").then((heir) => {
      tookMs = systemClock.monotonicMs() - askedAtMs;
      show.say(`node ${heir.name} leads after ${formatSeconds(tookMs)}`);
    });
    await Promise.all([stop(leader, show), next]);
    await pause(LAST_NODE_LEADS_MS);
  }
  await Promise.all(cluster.running.map((node) => stop(node, show)));
  show.say("all nodes have stopped");
  return tookMs;
}

/**
 * @param {Cluster["nodes"][number]} node
 * @param {Show} show
 */
async function stop(node, show) {
  node.send("SIGTERM");
  await inTime(node.ended(), `the end of node ${node.name}`);
  show.setRole(node.name, "stopped");
}

/** @param {number} delayMs */
export function pause(delayMs) {
  return new Promise((resolve) => systemClock.setTimer(() => resolve(undefined), delayMs));
}

/**
 * @template T
 * @param {Promise<T>} event
 * @param {string} what
 * @returns {Promise<T>}
 */
function inTime(event, what) {
  return new Promise((resolve, reject) => {
    const timer = systemClock.setTimer(() => reject(new Error(`waited ${PATIENCE_MS} ms for ${what}`)), PATIENCE_MS);
    event.then(resolve, reject).finally(() => timer.cancel());
  });
}
