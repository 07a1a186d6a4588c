import { systemClock, type Clock } from "@beatx/core";
import { ConfigError } from "@beatx/core/adapter";
import { DummyEntries } from "./dummy-entries.js";
import { DummyLock } from "./dummy-lock.js";
import { DummyQueues } from "./dummy-queues.js";

/** The data of one namespace. */
export interface DummySpace {
  readonly lock: DummyLock;
  readonly entries: DummyEntries;
  readonly watchers: Set<() => void>;
}

/** The "server" behind all stores and publishers of one name: one memory and one clock, paused and wiped as a whole. */
export class DummyBackend {
  readonly clock: Clock;
  readonly queues: DummyQueues;
  readonly #spaces = new Map<string, DummySpace>();
  #pause: { readonly ended: Promise<void>; readonly end: () => void } | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
    this.queues = new DummyQueues(clock);
  }

  space(namespace: string): DummySpace {
    const known = this.#spaces.get(namespace);
    if (known) return known;
    const space = {
      lock: new DummyLock(this.clock),
      entries: new DummyEntries(this.clock),
      watchers: new Set<() => void>(),
    };
    this.#spaces.set(namespace, space);
    return space;
  }

  get paused(): boolean {
    return this.#pause !== undefined;
  }

  pause(): void {
    if (this.#pause) return;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    this.#pause = { ended, end };
  }

  resume(): void {
    this.#pause?.end();
    this.#pause = undefined;
  }

  /** Resolves as soon as the backend is not paused. */
  async whenRunning(): Promise<void> {
    while (this.#pause) await this.#pause.ended;
  }

  wipe(): void {
    this.queues.wipe();
    for (const space of this.#spaces.values()) {
      space.lock.wipe();
      space.entries.wipe();
    }
  }
}

/** The named backends of this process, the only state at module level: everywhere, a name stands for the same data. */
const backends = new Map<string, DummyBackend>();

/**
 * The backend of this name, created at its first use. Without a name, a new backend that is not shared.
 * @throws ConfigError if the name is in use with another clock.
 */
export function findBackend(name: string | undefined, clock: Clock | undefined): DummyBackend {
  if (name === undefined) return new DummyBackend(clock ?? systemClock);
  const known = backends.get(name);
  if (!known) {
    const backend = new DummyBackend(clock ?? systemClock);
    backends.set(name, backend);
    return backend;
  }
  if (clock && clock !== known.clock) {
    const advice = `use another name, or call resetDummy(${JSON.stringify(name)}) first`;
    throw new ConfigError(`"dummy://${name}" already runs on another clock: ${advice}`, { field: "clock" });
  }
  return known;
}

/**
 * Drops the backend of this name, or all of them: the next use of the name gets an empty one. Open stores keep theirs. Call
 * it in `afterEach`.
 */
export function resetDummy(name?: string): void {
  if (name === undefined) backends.clear();
  else backends.delete(name);
}
