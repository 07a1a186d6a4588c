import { type Beat, createBeat, type EntryInput, silentLogger } from "@beatx/core";

import { Random } from "../base/random.js";
import type { Judge } from "../judge/judge.js";
import type { Circumstances } from "../judge/judge-base.js";
import { type BatchFault, simulatedPublisher } from "../queues/simulated-publisher.js";
import { type Link, PENDING_MS } from "../world/link.js";
import { type Machine, Process } from "../world/machine.js";
import { configurationOf, storedName } from "../world/schedule.js";
import type { Backend } from "./backend.js";
import { queueLink, storeLink } from "./links.js";

/** What a node shares with the rest of its cluster. `seed`: of the cluster. */
export interface NodeParts {
  readonly circumstances: Circumstances;
  readonly judge: Judge;
  readonly backend: Backend;
  readonly seed: number;
}

/** One place of the cluster: a machine, and the process that runs on it now. */
export class Node {
  readonly machine: Machine;
  readonly #circumstances: Circumstances;
  readonly #judge: Judge;
  readonly #backend: Backend;
  readonly #random: Random;
  readonly #batchFaults: { readonly fault: BatchFault; readonly until: number }[] = [];
  #process: Process | null = null;
  #beat: Beat | null = null;
  #links: { readonly store: Link; readonly queue: Link } | null = null;
  /** The application to which it belongs; `undefined`: one without a name. */
  readonly app: string | undefined;
  /** Number of its configuration. */
  configuration = 0;

  /** `index`: of the node among those of the cluster. */
  constructor(machine: Machine, index: number, { circumstances, judge, backend, seed }: NodeParts) {
    const { apps } = circumstances.world;
    this.machine = machine;
    this.app = apps[index % apps.length];
    this.#circumstances = circumstances;
    this.#judge = judge;
    this.#backend = backend;
    this.#random = new Random(seed + index + 1);
  }

  /** Of the process that runs; `null`: none. */
  get links(): { readonly store: Link; readonly queue: Link } | null {
    return this.#links;
  }

  get isLeader(): boolean {
    return this.#process !== null && this.#judge.leases.leaders.includes(this.#process);
  }

  get isRunning(): boolean {
    return this.#process !== null;
  }

  /** The next batch meets this fault, if it comes soon. */
  disturbBatch(fault: BatchFault): void {
    this.#batchFaults.push({ fault, until: this.machine.timeline.nowMs + PENDING_MS });
  }

  #takeBatchFault(): BatchFault | undefined {
    const next = this.#batchFaults.shift();
    return next && next.until < this.machine.timeline.nowMs ? this.#takeBatchFault() : next?.fault;
  }

  /** Starts a process, unless one runs. */
  start(): void {
    if (this.#process) return;
    const process = new Process(this.machine);
    const onFault = (): void => this.#judge.onCommandFault();
    const options = { random: this.#random, circumstances: this.#circumstances, onFault };
    const store = storeLink(process, this.#backend.storeServer, options);
    const queue = queueLink(process, this.#backend.queueServer, options);
    this.#process = process;
    this.#links = { store, queue };
    const beat = this.#createBeat(process, store, queue);
    this.#beat = beat;
    beat.on("standby", ({ reason }) => {
      this.#judge.leases.onEnd(process);
      if (process.isAlive) this.#judge.terms.onEnd(process, reason);
    });
    process.run(() => void beat.start());
  }

  /** Ends the process at once (SIGKILL). */
  crash(): void {
    if (!this.#process) return;
    this.#judge.leases.onEnd(this.#process);
    this.#process.kill();
    this.#forget();
  }

  /** Ends it in good order (SIGTERM); it is gone when it has released its lease. */
  stop(): void {
    const [beat, process] = [this.#beat, this.#process];
    if (!beat || !process) return;
    this.#forget();
    process.run(() => {
      void beat.stop().finally(() => {
        this.#judge.leases.onEnd(process);
        process.kill();
      });
    });
  }

  #forget(): void {
    this.#process = null;
    this.#beat = null;
    this.#links = null;
    this.#batchFaults.length = 0;
  }

  #createBeat(process: Process, storeLink: Link, queueLink: Link): Beat {
    const { world } = this.#circumstances;
    const { broker, inStep } = this.#backend;
    const publisher = simulatedPublisher({
      link: queueLink,
      broker,
      inStep,
      promise: world.queue,
      onPublish: (messages) => this.#judge.onPublish(process, messages),
      onConfirmed: (message) => this.#judge.copies.onConfirmed(process, message),
      takeBatchFault: () => this.#takeBatchFault(),
    });
    return createBeat({
      store: this.#judge.watched(this.#backend.openStore(storeLink), process),
      publisher,
      schedule: this.#configuration(),
      ...(this.app === undefined ? {} : { app: this.app }),
      ...(world.hasVersions ? { configVersion: this.configuration } : {}),
      delivery: world.delivery,
      lockTtlMs: world.lockTtlMs,
      standbyPollMs: world.standbyPollMs,
      commandTimeoutMs: world.commandTimeoutMs,
      publishTimeoutMs: world.publishTimeoutMs,
      maxLoopIntervalMs: Math.min(5_000, world.lockTtlMs - 500),
      clock: process,
      random: this.#random.next,
      logger: silentLogger,
    });
  }

  #configuration(): Record<string, EntryInput> {
    const { world } = this.#circumstances;
    const entries = configurationOf(world.configurations[this.configuration]!, this.configuration);
    for (const name of Object.keys(entries))
      this.#judge.stored.onVersion(storedName(this.app, name), this.configuration, this.#circumstances.nowMs);
    return entries;
  }
}
