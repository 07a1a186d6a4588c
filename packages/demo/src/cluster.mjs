// @ts-check
import { fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { fileURLToPath } from "node:url";

/** @typedef {import("./node-process.mjs").NodeEvent} NodeEvent */

const PROGRAM = fileURLToPath(new URL("./node-process.mjs", import.meta.url));

/** A process that runs a node. Emits `report` with each `NodeEvent`, and `exit` when the process has ended. */
class NodeProcess extends EventEmitter {
  #child;

  /**
   * @param {string} name
   * @param {readonly string[]} folders
   */
  constructor(name, folders) {
    super();
    this.name = name;
    this.isLeader = false;
    this.#child = fork(PROGRAM, [name, ...folders], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.pid = /** @type {number} */ (this.#child.pid);
    this.#child.on("message", (message) => {
      const event = /** @type {NodeEvent} */ (message);
      if (event.kind === "leader" || event.kind === "standby") this.isLeader = event.kind === "leader";
      this.emit("report", event);
    });
    this.#child.on("exit", () => {
      this.isLeader = false;
      this.emit("exit");
    });
  }

  get isRunning() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @param {NodeJS.Signals} signal */
  send(signal) {
    this.#child.kill(signal);
  }

  /** Resolves when the process has ended. */
  async ended() {
    if (this.isRunning) await once(this, "exit");
  }
}

/** The three nodes. */
export class Cluster {
  /** @param {readonly string[]} folders of the store and of the queue */
  constructor(folders) {
    this.nodes = ["a", "b", "c"].map((name) => new NodeProcess(name, folders));
  }

  get leader() {
    return this.nodes.find((node) => node.isLeader);
  }

  get running() {
    return this.nodes.filter((node) => node.isRunning);
  }

  /**
   * Resolves to the next node that begins to lead.
   *
   * @returns {Promise<NodeProcess>}
   */
  nextLeader() {
    return new Promise((resolve) => {
      for (const node of this.nodes) {
        node.on("report", (/** @type {NodeEvent} */ event) => event.kind === "leader" && resolve(node));
      }
    });
  }

  /** Kills all processes that still run; resolves when they have ended. */
  async killAll() {
    for (const node of this.running) node.send("SIGKILL");
    await Promise.all(this.nodes.map((node) => node.ended()));
  }
}
