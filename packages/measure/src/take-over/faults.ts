import { waitFor } from "@beatx/test-servers";
import { machineNow } from "../node/machine-time.js";
import { afterCrash, afterLostWakeUp, afterStop, afterStoreReturn, type Bound } from "./bounds.js";
import type { Cluster, Member } from "./cluster.js";
import type { StoreName } from "./stores.js";

/** What went wrong, and what may be expected of it. */
export interface Fault {
  readonly name: string;
  readonly what: string;
  readonly stores: readonly StoreName[];
  /** Runs that `--record` makes, if no number is given. */
  readonly runs: number;
  bound(store: StoreName): Bound;
  /** Does it. Resolves to the moment from which the time counts (machine ms). */
  inject(cluster: Cluster, leader: Member, random: () => number): Promise<number>;
  /** Undoes it, once the new leader has been measured. */
  repair(leader: Member): Promise<void>;
  /** Whether the node that led before may be the one that leads, and sends, afterwards. */
  readonly mayLeadAgain: boolean;
  /** Whether the old leader ends in peace, and says how long that took. */
  readonly isGraceful: boolean;
}

const ALL: readonly StoreName[] = ["redis", "memcached", "lmdb"];
const SERVERS: readonly StoreName[] = ["redis", "memcached"];
const MANY_RUNS = 20;
/** For how long a server is away, in ms. */
const SHORTEST_ABSENCE_MS = 500;
const LONGEST_ABSENCE_MS = 5_000;

async function standsBy({ node }: Member): Promise<void> {
  if (!node.hasEnded) await waitFor("the old leader to stand by", () => node.hasEnded || !node.isLeader);
}

function signalled(signal: NodeJS.Signals): Fault["inject"] {
  return async (_cluster, { node }) => {
    const at = machineNow();
    node.signal(signal);
    return at;
  };
}

/** SIGTERM. The take-over counts from the end of the term, when the batch under way has been sent. */
const stopped: Fault["inject"] = async (_cluster, { node }) => {
  const signalledAt = machineNow();
  node.signal("SIGTERM");
  const { at } = await waitFor("the end of the term", () => node.find("standby", signalledAt));
  return at;
};

const leaderFault = { runs: MANY_RUNS, mayLeadAgain: false, isGraceful: false, bound: afterCrash } as const;

async function healed(member: Member): Promise<void> {
  member.proxy!.set("pass");
  await standsBy(member);
}

async function ended({ node }: Member): Promise<void> {
  await node.end("SIGKILL");
}

/** A server that is away for a time, and comes back. */
function absence(empty: boolean): Fault["inject"] {
  return async ({ store }, _leader, random) => {
    const server = store.server!;
    await server.kill();
    const awayMs = SHORTEST_ABSENCE_MS + random() * (LONGEST_ABSENCE_MS - SHORTEST_ABSENCE_MS);
    await new Promise((resolve) => setTimeout(resolve, awayMs));
    await server.restart({ empty });
    return machineNow();
  };
}

const storeFault = {
  runs: MANY_RUNS,
  mayLeadAgain: true,
  isGraceful: false,
  bound: afterStoreReturn,
  repair: () => Promise.resolve(),
} as const;

/** Every fault of which a take-over is measured, except Sentinel, whose servers serve once. */
export const FAULTS: readonly Fault[] = [
  { ...leaderFault, name: "kill", what: "leader killed (SIGKILL)", stores: ALL, inject: signalled("SIGKILL"), repair: ended }, // prettier-ignore
  {
    ...leaderFault,
    name: "pause",
    what: "leader paused (SIGSTOP)",
    // A process that is frozen within a write of LMDB keeps the write lock, and nobody can take over (its README says so).
    stores: SERVERS,
    inject: signalled("SIGSTOP"),
    async repair(leader) {
      leader.node.signal("SIGCONT");
      await standsBy(leader);
    },
  },
  {
    ...leaderFault,
    name: "cut",
    what: "leader cut from the store, connections closed",
    stores: SERVERS,
    repair: healed,
    async inject(_cluster, { proxy }) {
      proxy!.set("cut");
      return machineNow();
    },
  },
  {
    ...leaderFault,
    name: "silence",
    what: "leader cut from the store, connections silent",
    stores: SERVERS,
    repair: healed,
    async inject(_cluster, { proxy }) {
      proxy!.set("half-open");
      return machineNow();
    },
  },
  {
    ...leaderFault,
    name: "stop",
    what: "leader stopped (SIGTERM)",
    stores: ALL,
    bound: afterStop,
    isGraceful: true,
    inject: stopped,
    repair: ended,
  },
  {
    ...leaderFault,
    name: "lost-wake-up",
    what: "leader stopped (SIGTERM), wake-up lost",
    stores: ["redis"],
    bound: afterLostWakeUp,
    isGraceful: true,
    repair: ended,
    async inject(cluster, leader, random) {
      for (const { proxy } of cluster.members) proxy!.forget((sent) => /subscribe/i.test(sent));
      return stopped(cluster, leader, random);
    },
  },
  { ...storeFault, name: "restart", what: "store restarted with its data", stores: ["redis"], inject: absence(false) },
  { ...storeFault, name: "restart-empty", what: "store restarted empty", stores: SERVERS, inject: absence(true) },
];
