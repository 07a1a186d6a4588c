import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { waitFor } from "./run-process.js";

/**
 * The program of a node. It imports `@beatx/core` and needs the packages of its store and publisher, so it has to be copied
 * into a folder in which they are installed, under the name `node.mjs`.
 */
export const BEAT_NODE_PROGRAM: string = fileURLToPath(new URL("../beat-node/node.mjs", import.meta.url));

/** One line of a node, with the moment of its arrival (monotonic ms of this process). */
export interface NodeEvent {
  readonly event: string;
  readonly at: number;
  readonly [field: string]: unknown;
}

let started = 0;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A real process that runs one node. It never outlives the process that started it. */
export class BeatNode {
  readonly name: string;
  readonly events: NodeEvent[] = [];
  readonly #child: ChildProcess;
  #log = "";
  #ended: string | null = null;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    createInterface({ input: child.stdout! }).on("line", (line) => {
      this.events.push({ at: performance.now(), ...(JSON.parse(line) as { event: string }) });
    });
    child.stderr!.on("data", (chunk: Buffer) => (this.#log += chunk.toString()));
    child.once("exit", (code, signal) => (this.#ended = signal ?? `exit code ${String(code)}`));
  }

  /**
   * Starts the program in `folder`. Resolves when the node stands by; rejects with its log if it ends before. `options`: of
   * `createBeat`, as JSON. `env`: added to the environment.
   */
  static async start(folder: string, options: object, env: NodeJS.ProcessEnv = {}): Promise<BeatNode> {
    const name = `node-${++started}`;
    const file = join(folder, `${name}.json`);
    await writeFile(file, JSON.stringify(options));
    const child = spawn(process.execPath, ["node.mjs", file], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    const node = new BeatNode(name, child);
    await node.waitFor("started");
    return node;
  }

  /** The log on stderr so far. */
  get log(): string {
    return this.#log;
  }

  /** How the process ended; `null` while it runs. */
  get ended(): string | null {
    return this.#ended;
  }

  /** The last role that the node reported. */
  get role(): "leader" | "standby" | "gone" {
    if (this.#ended !== null) return "gone";
    return this.events.findLast(({ event }) => event === "leader" || event === "standby")?.event === "leader"
      ? "leader"
      : "standby";
  }

  /** The first event of that name since `since` (monotonic ms). Rejects after `timeoutMs` or when the process has ended. */
  async waitFor(event: string, since = 0, timeoutMs = 60_000): Promise<NodeEvent> {
    const found = (): NodeEvent | undefined => this.events.find((each) => each.event === event && each.at >= since);
    await waitFor(`"${event}" of ${this.name}`, () => found() ?? this.#ended, timeoutMs);
    const answer = found();
    if (answer) return answer;
    throw new Error(`${this.name} ended (${String(this.#ended)}) before "${event}"\n${this.#log}`);
  }

  /** SIGKILL; resolves when the process has ended. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Sends the signal, and SIGCONT in case it is paused; resolves when the process has ended. */
  stop(signal: "SIGTERM" | "SIGINT" | "SIGHUP" = "SIGTERM"): Promise<void> {
    return this.#end(signal);
  }

  /** SIGSTOP */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  /** SIGCONT */
  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#ended !== null) return;
    this.#child.kill(signal);
    if (signal !== "SIGKILL") this.#child.kill("SIGCONT");
    await waitFor(`the end of ${this.name}`, () => this.#ended);
  }
}

/** Waits until exactly one of these nodes leads, and resolves to it. */
export async function leaderOf(nodes: readonly BeatNode[], timeoutMs?: number): Promise<BeatNode> {
  return waitFor(
    "one leader",
    () => {
      const leaders = nodes.filter(({ role }) => role === "leader");
      return leaders.length === 1 ? leaders[0] : undefined;
    },
    timeoutMs,
  );
}
