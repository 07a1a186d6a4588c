import { copyFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { BEAT_NODE_PROGRAM, temporaryFolder } from "@beatx/test-servers";
import type { OpenPair, Pair } from "../servers/pair.js";
import { configuration, SETTINGS } from "./configuration.js";
import { INSTALLED, Slot } from "./slot.js";

/** Nodes of one pair, each behind proxies of its own. */
export class Cluster {
  readonly slots: readonly Slot[];
  /** Number of the configuration that a node gets when it is started. */
  version = 1;
  readonly #folder: string;
  readonly #pair: Pair;
  readonly #open: OpenPair;

  private constructor(folder: string, slots: readonly Slot[], pair: Pair, open: OpenPair) {
    this.#folder = folder;
    this.slots = slots;
    this.#pair = pair;
    this.#open = open;
  }

  /** Resolves when all nodes stand by. */
  static async start(pair: Pair, open: OpenPair, nodes: number): Promise<Cluster> {
    const folder = await temporaryFolder("chaos");
    await copyFile(BEAT_NODE_PROGRAM, join(folder, "node.mjs"));
    await symlink(INSTALLED, join(folder, "node_modules"));
    const numbers = Array.from({ length: nodes }, (_, index) => index);
    const slots = await Promise.all(numbers.map((number) => Slot.create(number, folder, open.ports)));
    const cluster = new Cluster(folder, slots, pair, open);
    await Promise.all(slots.map((slot) => cluster.startNode(slot)));
    return cluster;
  }

  startNode(slot: Slot): Promise<void> {
    const delivery = this.#pair.guarantee === "P at-most-once" ? "at-most-once" : "at-least-once";
    return slot.start({ ...this.#open.options(slot.ports), ...SETTINGS, ...configuration(this.version), delivery });
  }

  /** Notes nodes that ended by themselves, and starts them again. */
  async mend(): Promise<void> {
    for (const slot of this.slots) {
      const before = slot.crashes.length;
      slot.check();
      if (slot.crashes.length > before) await this.startNode(slot);
    }
  }

  /** The logs of all nodes, those that ended included. */
  get logs(): string {
    return this.slots.map(({ number, log }) => `=== node ${number}\n${log}`).join("\n");
  }

  async stop(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.close()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
