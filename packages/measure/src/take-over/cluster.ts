import { type Proxy, startProxy } from "@beatx/chaos";
import { type RedisServer, startRedis, waitFor } from "@beatx/test-servers";
import { machineNow } from "../node/machine-time.js";
import type { NodeOptions } from "../node/messages.js";
import { NodeProcess } from "../node/node-process.js";
import type { RunningStore } from "./stores.js";

/** Settings of every measured cluster; short, so that many take-overs fit into a run. */
export const SETTINGS = { lockTtlMs: 3_000, standbyPollMs: 1_000 } as const;

/** One node and its own way to the store; no proxy if the store is a folder. */
export interface Member {
  readonly node: NodeProcess;
  readonly proxy: Proxy | null;
}

const FORWARDED = ["leader", "standby", "published"];
const ENTRIES = 20;
const SIZE = 3;

/** An entry every 50 ms, so that a leader always has something to send. */
export function steadySchedule(): NonNullable<NodeOptions["schedule"]> {
  return Object.fromEntries(
    Array.from({ length: ENTRIES }, (_, index) => {
      const anchor = new Date((index * 1_000) / ENTRIES).toISOString();
      const schedule = { type: "interval", everyMs: 1_000, anchor };
      return [`job-${index}`, { task: "measure.run", schedule }];
    }),
  );
}

/** Three nodes on a store, which publish to a broker of their own that no fault reaches. */
export class Cluster {
  readonly store: RunningStore;
  readonly members: Member[] = [];
  readonly #broker: RedisServer;

  private constructor(store: RunningStore, broker: RedisServer) {
    this.store = store;
    this.#broker = broker;
  }

  /** Resolves when a node has led and sent. */
  static async start(store: RunningStore): Promise<Cluster> {
    const cluster = new Cluster(store, await startRedis());
    await cluster.fill();
    return cluster;
  }

  /** The member that leads. Waits until there is exactly one, and it has sent a message. */
  async leader(): Promise<Member> {
    return waitFor("a leader that sends", () => {
      const leaders = this.members.filter(({ node }) => node.isLeader);
      const term = leaders[0]?.node.events.findLast(({ event }) => event === "leader");
      return leaders.length === 1 && leaders[0]!.node.find("published", term!.at) ? leaders[0] : undefined;
    });
  }

  /** Replaces the nodes that have ended, empties the queue and forgets old events. Resolves when a leader sends. */
  async fill(): Promise<void> {
    const gone = this.members.filter(({ node }) => node.hasEnded);
    for (const member of gone) {
      this.members.splice(this.members.indexOf(member), 1);
      await member.proxy?.stop();
    }
    while (this.members.length < SIZE) this.members.push(await this.#startMember());
    await this.#broker.cli("FLUSHALL");
    await this.leader();
    for (const { node } of this.members) forgetOldMessages(node);
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map(({ node }) => node.end("SIGKILL")));
    for (const { proxy } of this.members) await proxy?.stop();
    await Promise.all([this.#broker.stop(), this.store.stop()]);
  }

  async #startMember(): Promise<Member> {
    const { server } = this.store;
    const proxy = server ? await startProxy(server.port) : null;
    const options: NodeOptions = {
      ...SETTINGS,
      namespace: "take-over",
      store: this.store.uri(proxy?.port),
      publisher: `celery+${this.#broker.uri}/0`,
      schedule: steadySchedule(),
    };
    return { node: await NodeProcess.start(options, FORWARDED), proxy };
  }
}

/** Long runs would keep twenty events a second. */
function forgetOldMessages(node: NodeProcess): void {
  const since = machineNow() - 10_000;
  const kept = node.events.filter(({ event, at }) => event !== "published" || at > since);
  node.events.splice(0, node.events.length, ...kept);
}
