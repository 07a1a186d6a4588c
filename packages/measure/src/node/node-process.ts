import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { waitFor } from "@beatx/test-servers";
import type { Delays, Edit, Footprint, NodeEvent, NodeOptions, Reply, Request } from "./messages.js";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
/** The built file, also for tests, which run the sources. */
const MAIN = `${PACKAGE}/dist/node/main.js`;
const LOG_LIMIT = 65_536;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** A real process that runs one node of the built packages. It never outlives this process. */
export class NodeProcess {
  /** The events that it sent so far, oldest first. */
  readonly events: NodeEvent[] = [];
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;
  #log = "";
  #ended: string | null = null;

  private constructor() {
    // Garbage of a stopped beat is found by the collections that are forced, whatever the size of the heap.
    const child = fork(MAIN, [], { cwd: PACKAGE, execArgv: ["--expose-gc"], stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#child = child;
    running.add(child);
    child.stdout!.on("data", (chunk: Buffer) => this.#collect(chunk));
    child.stderr!.on("data", (chunk: Buffer) => this.#collect(chunk));
    child.on("message", (reply: Reply) => this.#take(reply));
    child.once("exit", (code, signal) => {
      running.delete(child);
      this.#ended = signal ?? `exit code ${String(code)}`;
      for (const { reject } of this.#waiting.values()) reject(new Error(this.#obituary()));
      this.#waiting.clear();
    });
  }

  /** Resolves when the node stands by. `events`: names of the beat's events to forward. */
  static async start(options: NodeOptions, events: readonly string[]): Promise<NodeProcess> {
    const node = new NodeProcess();
    await node.#ask({ kind: "start", options, events });
    return node;
  }

  /** Of the process, also after its end. */
  get pid(): number {
    return this.#child.pid!;
  }

  get hasEnded(): boolean {
    return this.#ended !== null;
  }

  /** The end of its log. */
  get log(): string {
    return this.#log;
  }

  /** Whether it has reported to lead, and not since that it stands by. Events of both names must be forwarded. */
  get isLeader(): boolean {
    if (this.hasEnded) return false;
    return this.events.findLast(({ event }) => event === "leader" || event === "standby")?.event === "leader";
  }

  /** Stops its beat and starts another one in the same process. */
  replaceBeat(): Promise<unknown> {
    return this.#ask({ kind: "replace" });
  }

  /** Makes the node's own client edit the schedule. Resolves to the message's id for `run`. */
  edit(edit: Edit): Promise<unknown> {
    return this.#ask({ kind: "edit", edit });
  }

  measure(): Promise<Footprint> {
    return this.#ask({ kind: "measure" }) as Promise<Footprint>;
  }

  /** What machine and store took since `since` (machine ms). */
  delays(since: number): Promise<Delays> {
    return this.#ask({ kind: "delays", since }) as Promise<Delays>;
  }

  /** The first event of that name at or after `since` (machine ms); `undefined`: none yet. */
  find(event: string, since: number): NodeEvent | undefined {
    return this.events.find((each) => each.event === event && each.at >= since);
  }

  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM, or another signal; resolves to how the process has ended. Also ends a paused process. */
  async end(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<string> {
    if (this.#ended === null) {
      this.#child.kill(signal);
      this.#child.kill("SIGCONT");
    }
    return waitFor("the end of a node process", () => this.#ended);
  }

  #collect(chunk: Buffer): void {
    this.#log = (this.#log + chunk.toString()).slice(-LOG_LIMIT);
  }

  #take(reply: Reply): void {
    if ("event" in reply) {
      this.events.push(reply.event);
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("error" in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.answer);
  }

  #ask(request: Request): Promise<unknown> {
    if (this.hasEnded) return Promise.reject(new Error(this.#obituary()));
    return new Promise((resolve, reject) => {
      const id = ++this.#requests;
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, request });
    });
  }

  #obituary(): string {
    return `a node process has ended (${String(this.#ended)})\n${this.#log}`;
  }
}
