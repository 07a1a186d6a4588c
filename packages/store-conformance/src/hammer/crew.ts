import { existsSync } from "node:fs";
import { join } from "node:path";
import { readEvents, type Journal } from "./journal.js";
import type { Pace, Settings } from "./options.js";
import { WorkerProcess } from "./worker-process.js";

/** The run ends after this many crashes: such a store cannot be hammered. */
const MOST_CRASHES = 10;

/** Keeps the requested number of workers running. The third process in the place of worker 2 is named `2.3`. */
export class Crew {
  readonly crashes: string[] = [];
  readonly #settings: Settings;
  readonly #pace: Pace;
  readonly #folder: string;
  readonly #members: WorkerProcess[] = [];
  readonly #generations: number[] = [];
  readonly #journals: { readonly worker: string; readonly path: string }[] = [];
  #isFinishing = false;

  constructor(settings: Settings, pace: Pace, folder: string) {
    this.#settings = settings;
    this.#pace = pace;
    this.#folder = folder;
  }

  /** Resolves when every worker has opened its store. */
  async start(): Promise<void> {
    for (let position = 0; position < this.#settings.workers; position += 1) this.#hire(position);
    await Promise.all(this.#members.map((member) => member.ready));
  }

  /** Whether the workers have crashed too often to go on. */
  get hasGivenUp(): boolean {
    return this.crashes.length >= MOST_CRASHES;
  }

  get size(): number {
    return this.#members.length;
  }

  at(position: number): WorkerProcess {
    return this.#members[position]!;
  }

  /** Kills a worker (SIGKILL) and starts another in its place. */
  async replace(position: number): Promise<void> {
    const member = this.at(position);
    await member.kill();
    // It may have been replaced already: after a crash, or by a second kill.
    if (this.at(position) === member) this.#hire(position);
  }

  /** Lets every worker end in order. None may be under SIGSTOP. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    const crashes = await Promise.all(this.#members.map((member) => member.finish()));
    for (const crash of crashes) if (crash !== null && !this.crashes.includes(crash)) this.crashes.push(crash);
  }

  /** Kills all remaining workers (SIGKILL). */
  async killAll(): Promise<void> {
    this.#isFinishing = true;
    await Promise.all(this.#members.map((member) => member.kill()));
  }

  readJournals(): Journal[] {
    const written = this.#journals.filter(({ path }) => existsSync(path));
    return written.map(({ worker, path }) => ({ worker, events: readEvents(path) }));
  }

  #hire(position: number): void {
    if (this.#isFinishing) return;
    const { stores, namespace, seed } = this.#settings;
    const generation = (this.#generations[position] ?? 0) + 1;
    const worker = `${position + 1}.${generation}`;
    const journal = join(this.#folder, `worker-${worker}.jsonl`);
    const store = stores[position % stores.length]!;
    const member = new WorkerProcess(worker, {
      kind: "compete", store, namespace, pace: this.#pace, worker, journal, seed,
    }); // prettier-ignore
    this.#generations[position] = generation;
    this.#members[position] = member;
    this.#journals.push({ worker, path: journal });
    void member.ended.then((crash) => {
      if (crash === null || this.#isFinishing) return;
      this.crashes.push(crash);
      if (!this.hasGivenUp) this.#hire(position);
    });
  }
}
