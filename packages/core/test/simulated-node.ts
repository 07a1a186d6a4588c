import type { DummyStore } from "@beatx/store-dummy";

import type { Clock, Timer } from "../src/base/clock.js";
import { type Beat, createBeat } from "../src/node/beat.js";
import type { BeatOptions } from "../src/node/options.js";
import { silentLogger } from "../src/report/logger.js";
import type { FakeClock } from "../src/testing/fake-clock.js";

/** The clock of one node. Its wall clock is wrong by `skewMs`. While the node is frozen, its timers wait. */
export class NodeClock implements Clock {
  readonly #clock: FakeClock;
  readonly #skewMs: number;
  #frozenUntil = 0;

  constructor(clock: FakeClock, skewMs: number) {
    this.#clock = clock;
    this.#skewMs = skewMs;
  }

  freeze(ms: number): void {
    this.#frozenUntil = this.monotonicMs() + ms;
  }

  now(): number {
    return this.#clock.now() + this.#skewMs;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    let timer = this.#clock.setTimer(() => {
      const wait = this.#frozenUntil - this.monotonicMs();
      if (wait > 0) timer = this.#clock.setTimer(callback, wait);
      else callback();
    }, delayMs);
    return { cancel: () => timer.cancel() };
  }
}

/** After far too many moves the store no longer answers, so a node in an endless loop fails its test. */
function patient(store: DummyStore): DummyStore {
  let moves = 0;
  const advance: DummyStore["advance"] = (lease, batch) =>
    ++moves > 10_000 ? new Promise(() => undefined) : store.advance(lease, batch);
  return { ...store, advance };
}

type NodeOptions = Omit<BeatOptions, "store" | "clock" | "logger">;

/** A node with its own store connection and its own clock. It can be restarted. */
export class SimulatedNode {
  readonly store: DummyStore;
  readonly clock: NodeClock;
  /** The number of times it became leader. */
  leaders = 0;
  readonly #options: NodeOptions;
  #beat: Beat;

  constructor(store: DummyStore, clock: NodeClock, options: NodeOptions) {
    this.store = store;
    this.clock = clock;
    this.#options = options;
    this.#beat = this.#create();
  }

  #create(): Beat {
    const store = patient(this.store);
    const beat = createBeat({ ...this.#options, store, clock: this.clock, logger: silentLogger });
    beat.on("leader", () => this.leaders++);
    return beat;
  }

  start(): Promise<void> {
    return this.#beat.start();
  }

  stop(): Promise<void> {
    return this.#beat.stop();
  }

  /** Stops the node, and starts a new one in its place at once. */
  restart(): void {
    void this.#beat.stop();
    this.#beat = this.#create();
    void this.#beat.start();
  }
}
