import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BeatNode } from "@beatx/test-servers";
import type { Crash, Stall, Uncertain } from "../checker/record.js";
import { pause } from "../faults/pause.js";
import type { Ports } from "../servers/pair.js";
import { clockLibrary } from "./clock-library.js";
import { type Proxy, startProxy } from "./proxy.js";

const STALL_MODULE = new URL("../../application/stall.mjs", import.meta.url).href;
/** A changed clock shows after this at the latest, in ms. */
export const CLOCK_DELAY_MS = 2_000;
const AGAIN_AFTER_MS = 200;

/** The place of one node: its proxies and its clock stay, its process comes and goes. */
export class Slot {
  readonly number: number;
  readonly proxies: { readonly store: Proxy | undefined; readonly queue: Proxy | undefined };
  readonly crashes: Crash[] = [];
  readonly #folder: string;
  readonly #clockFile: string;
  readonly #past: BeatNode[] = [];
  #node: BeatNode | undefined;
  #lastAction: Promise<void> = Promise.resolve();

  private constructor(number: number, folder: string, proxies: Slot["proxies"]) {
    this.number = number;
    this.#folder = folder;
    this.proxies = proxies;
    this.#clockFile = join(folder, `clock-${number}`);
  }

  /** `folder`: in which the program of a node and the packages are. `servers`: the real ports. */
  static async create(number: number, folder: string, servers: Ports): Promise<Slot> {
    const proxy = async (port: number | undefined): Promise<Proxy | undefined> =>
      (port && startProxy(port)) || undefined;
    const proxies = { store: await proxy(servers.store), queue: await proxy(servers.queue) };
    const slot = new Slot(number, folder, proxies);
    await slot.setClock(0);
    return slot;
  }

  get ports(): Ports {
    return { store: this.proxies.store?.port, queue: this.proxies.queue?.port };
  }

  get leads(): boolean {
    return this.#node?.role === "leader";
  }

  /** The events of all its processes. */
  get events(): BeatNode["events"] {
    return [...this.#past, ...(this.#node ? [this.#node] : [])].flatMap(({ events }) => events);
  }

  /** The logs of all its processes. */
  get log(): string {
    return [...this.#past, ...(this.#node ? [this.#node] : [])]
      .map(({ name, log }) => `--- ${name}\n${log}`)
      .join("\n");
  }

  /** The moments when a process of it did not run, other than in a pause. Epoch ms. */
  get stalls(): Stall[] {
    const toEpoch = Date.now() - performance.now();
    const stalls = this.events.filter(({ event, paused }) => event === "stall" && paused !== true);
    return stalls.map(({ at, ms }) => ({ of: "node", from: at + toEpoch - Number(ms), to: at + toEpoch }));
  }

  /** What its processes reported as uncertain. */
  get uncertain(): Uncertain[] {
    const reports = this.events.filter(({ event }) => event === "uncertain");
    return reports.map(({ id, entry, scheduledAt }) => {
      return { id: String(id), entry: String(entry), instant: Number(scheduledAt) };
    });
  }

  /** Runs an action when those before it have ended: a node is not stopped while it is being started. */
  inTurn(action: () => Promise<void>): Promise<void> {
    this.#lastAction = this.#lastAction.then(action, action);
    return this.#lastAction;
  }

  /** Starts a process; tries again as long as it ends at once, say because its store does not answer. */
  async start(options: object): Promise<void> {
    const env = {
      NODE_OPTIONS: `--import ${STALL_MODULE}`,
      LD_PRELOAD: clockLibrary(),
      FAKETIME_TIMESTAMP_FILE: this.#clockFile,
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
    for (;;) {
      try {
        this.#node = await BeatNode.start(this.#folder, options, env);
        return;
      } catch (error) {
        if (!String(error).includes("ended (")) throw error;
        await pause(AGAIN_AFTER_MS);
      }
    }
  }

  kill(): Promise<void> {
    return this.#leave((node) => node.kill());
  }

  stop(): Promise<void> {
    return this.#leave((node) => node.stop());
  }

  async pauseFor(ms: number): Promise<void> {
    const node = this.#node;
    if (node === undefined) return;
    node.pause();
    await pause(ms);
    node.resume();
    // The stall that it now reports is the pause.
    await pause(CLOCK_DELAY_MS);
    node.events
      .filter(({ event, at }) => event === "stall" && at > performance.now() - 2 * CLOCK_DELAY_MS)
      .forEach((event) => Object.assign(event, { paused: true }));
  }

  /** `aheadMs` of the machine's clock, negative: behind. */
  setClock(aheadMs: number): Promise<void> {
    return writeFile(this.#clockFile, `${aheadMs < 0 ? "-" : "+"}${Math.abs(aheadMs) / 1_000}`);
  }

  /** Notes a process that ended by itself. */
  check(): void {
    const how = this.#node?.ended;
    if (this.#node === undefined || how == null) return;
    this.crashes.push({ node: this.number, at: Date.now(), how });
    this.#past.push(this.#node);
    this.#node = undefined;
  }

  async close(): Promise<void> {
    await this.inTurn(() => this.kill());
    await Promise.all([this.proxies.store?.stop(), this.proxies.queue?.stop()]);
  }

  async #leave(end: (node: BeatNode) => Promise<void>): Promise<void> {
    this.check();
    const node = this.#node;
    if (node === undefined) return;
    this.#node = undefined;
    this.#past.push(node);
    await end(node);
  }
}

/** Where the packages of this workspace are, for a program in another folder. */
export const INSTALLED: string = fileURLToPath(new URL("../../node_modules", import.meta.url));
