import { startRedis, waitFor } from "@beatx/test-servers";
import { seeded } from "@beatx/test-servers/seeded";
import type { Point } from "../figures/statistics.js";
import { machineNow } from "../node/machine-time.js";
import type { Footprint, NodeOptions } from "../node/messages.js";
import { NodeProcess } from "../node/node-process.js";
import { Arrivals } from "./arrivals.js";
import { EditDraw } from "./edits.js";
import { NODE_LIMITS, SERVER_LIMITS } from "./limits.js";
import { isSlowAnswer, reportOf, type SoakReport } from "./report.js";
import { soakEntries, type SoakEntry } from "./schedule.js";
import { SoakServer } from "./server.js";

/** What to run. */
export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly nodes: number;
  /** How many times the leader's beat is stopped and another one started in its process. */
  readonly replacements: number;
  /** Told what happens, a line each. */
  readonly say: (line: string) => void;
}

/** Entries of the configuration, and others that a client makes and edits. */
const CONFIGURED = 900;
const OWN = 100;
const EDIT_EVERY_MS = 1_000;
const DRAIN_EVERY_MS = 500;
/** So many measurements are made, or more, so that they are at most `LONGEST_GAP_MS` apart. */
const MEASUREMENTS = 60;
const LONGEST_GAP_MS = 30_000;
/** Which part of the time caches may fill. */
const WARM_UP = 0.25;
const FORWARDED = ["leader", "standby", "missed", "uncertain", "state-lost", "error"];

type Series = Map<string, Point[]>;

/** Runs a cluster for real and judges what it held and what it sent. Rejects if it cannot be run to its end. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const redis = await startRedis();
  const nodes: NodeProcess[] = [];
  const server = new SoakServer(redis.port);
  try {
    return await new Soak(options, redis.uri, nodes, server).run();
  } finally {
    server.close();
    await Promise.all(nodes.map((node) => node.end("SIGKILL")));
    await redis.stop();
  }
}

class Soak {
  readonly #options: SoakOptions;
  readonly #uri: string;
  readonly #nodes: NodeProcess[];
  readonly #server: SoakServer;
  readonly #configured: ReadonlyMap<string, SoakEntry> = soakEntries("job", CONFIGURED);
  readonly #own: ReadonlyMap<string, SoakEntry> = soakEntries("own", OWN);
  readonly #arrivals = new Arrivals();
  readonly #series: Series = new Map();
  readonly #draw: EditDraw;
  #startedAt = 0;
  #edits = 0;
  #slowAnswers = 0;

  constructor(options: SoakOptions, uri: string, nodes: NodeProcess[], server: SoakServer) {
    this.#options = options;
    this.#uri = uri;
    this.#nodes = nodes;
    this.#server = server;
    this.#draw = new EditDraw(seeded(options.seed), this.#configured, this.#own);
  }

  async run(): Promise<SoakReport> {
    await this.#start();
    const from = Date.now();
    const lengthMs = this.#options.minutes * 60_000;
    this.#startedAt = performance.now();
    const gapMs = Math.min(lengthMs / MEASUREMENTS, LONGEST_GAP_MS);
    await Promise.all([
      this.#repeat(lengthMs, DRAIN_EVERY_MS, () => this.#drain()),
      this.#repeat(lengthMs, EDIT_EVERY_MS, () => this.#edit()),
      this.#repeat(lengthMs, gapMs, () => this.#measure()),
      this.#replaceBeats(lengthMs),
    ]);
    const to = Date.now();
    await this.#settle(to);
    const ends = await Promise.all(this.#nodes.map((node) => node.end("SIGTERM")));
    return reportOf({
      options: this.#options,
      entries: CONFIGURED + OWN,
      edits: this.#edits,
      slowAnswers: this.#slowAnswers,
      findings: this.#arrivals.judge(this.#configured, from, to),
      series: this.#series,
      limits: { ...prefixed("nodes", NODE_LIMITS), ...prefixed("server", SERVER_LIMITS) },
      warmUpMs: WARM_UP * lengthMs,
      events: this.#nodes.flatMap(({ events }) => events),
      ends,
    });
  }

  async #start(): Promise<void> {
    const options: NodeOptions = {
      namespace: "soak",
      store: `${this.#uri}/0`,
      publisher: `celery+${this.#uri}/0`,
      lockTtlMs: 15_000,
      // Full with the first run of each entry: what grows after the warm-up is a leak.
      historyRuns: 1,
      schedule: Object.fromEntries([...this.#configured].map(([name, { input }]) => [name, input])),
    };
    for (let count = 0; count < this.#options.nodes; count++) {
      this.#nodes.push(await NodeProcess.start(options, FORWARDED));
    }
    await waitFor("a leader", () => this.#leader);
    for (const [name, { input }] of this.#own) await this.#nodes[0]!.edit({ kind: "put", name, input });
    await waitFor("the first messages", async () => {
      await this.#drain();
      return this.#arrivals.total > 0;
    });
  }

  get #leader(): NodeProcess | undefined {
    return this.#nodes.find(({ isLeader }) => isLeader);
  }

  /** Does the work again and again, `everyMs` apart, until the time is over. */
  async #repeat(lengthMs: number, everyMs: number, work: () => Promise<void>): Promise<void> {
    for (let at = everyMs; at <= lengthMs; at += everyMs) {
      await this.#until(at);
      await work();
    }
  }

  async #until(at: number): Promise<void> {
    const leftMs = this.#startedAt + at - performance.now();
    if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
  }

  async #drain(): Promise<void> {
    for (const arrival of await this.#server.drain()) this.#arrivals.add(arrival);
  }

  async #edit(): Promise<void> {
    const edit = this.#draw.next();
    const node = this.#nodes[this.#edits++ % this.#nodes.length]!;
    const answer = await node.edit(edit).catch((error: unknown) => {
      // On a busy machine a command may take longer than its deadline. Nobody knows then whether the edit was made.
      if (!isSlowAnswer(String(error))) throw error;
      this.#slowAnswers += 1;
    });
    if (typeof answer === "string") this.#arrivals.request(answer);
  }

  async #measure(): Promise<void> {
    const feet = await Promise.all(this.#nodes.map((node) => node.measure()));
    const atMs = performance.now() - this.#startedAt;
    for (const key of Object.keys(NODE_LIMITS) as (keyof Footprint)[]) {
      this.#note(`nodes ${key}`, { atMs, value: feet.reduce((sum, foot) => sum + foot[key], 0) });
    }
    await this.#drain();
    for (const [key, value] of Object.entries(await this.#server.measure()))
      this.#note(`server ${key}`, { atMs, value });
    const heapMib = feet.map(({ heap }) => (heap / 1024 ** 2).toFixed(2)).join(" ");
    const minutes = (atMs / 60_000).toFixed(1);
    this.#options.say(`${minutes} min: ${this.#arrivals.total} messages, ${this.#edits} edits, heaps ${heapMib} MiB`);
  }

  #note(name: string, point: Point): void {
    const points = this.#series.get(name) ?? [];
    this.#series.set(name, points);
    points.push(point);
  }

  /** In the warm-up each node leads once, since a first term fills caches for good. Later terms are of equal length. */
  async #replaceBeats(lengthMs: number): Promise<void> {
    const { nodes, replacements } = this.#options;
    const warmUpMs = WARM_UP * lengthMs;
    const warmUps = Array.from({ length: nodes }, (_, turn) => (warmUpMs * (turn + 1)) / (nodes + 1));
    const termMs = (lengthMs - warmUpMs) / (replacements + 1);
    const later = Array.from({ length: replacements }, (_, turn) => warmUpMs + termMs * (turn + 1));
    for (const at of [...warmUps, ...later]) {
      await this.#until(at);
      await this.#replaceLeader();
    }
  }

  /** Ends the leader's term by a graceful stop of its beat, and lets another beat live in its process. */
  async #replaceLeader(): Promise<void> {
    const leader = await waitFor("a leader", () => this.#leader);
    const since = machineNow();
    await leader.replaceBeat();
    await waitFor("the next leader", () => this.#nodes.some((node) => node.find("leader", since)));
  }

  /** Waits until everything due up to `to` has arrived. */
  async #settle(to: number): Promise<void> {
    await waitFor("the last messages", async () => {
      await this.#drain();
      return this.#arrivals.latest > to + 2_000;
    });
    // Entries that were edited at the end may be some seconds behind the others.
    for (
      let quiet = 0;
      quiet < 5 && this.#arrivals.judge(this.#configured, to - 60_000, to).missed.length > 0;
      quiet++
    ) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await this.#drain();
    }
  }
}

function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix} ${key}`, value]));
}
