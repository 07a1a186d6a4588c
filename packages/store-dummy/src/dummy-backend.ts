import { systemClock, type Clock } from "@beatx/core";
import { ConfigError } from "@beatx/core/adapter";
import { DummyEntries } from "./dummy-entries.js";
import { DummyLock } from "./dummy-lock.js";
import { DummyQueues } from "./dummy-queues.js";

/** What one namespace keeps. */
export interface DummySpace {
  readonly lock: DummyLock;
  readonly entries: DummyEntries;
  readonly watchers: Set<() => void>;
}

/** The "server" behind all stores and publishers of one name: one memory, one clock, stopped and wiped as one. */
export class DummyBackend {
  readonly clock: Clock;
  readonly queues: DummyQueues;
  readonly #spaces = new Map<string, DummySpace>();
  #pause: { readonly over: Promise<void>; readonly end: () => void } | undefined;

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
    const over = new Promise<void>((resolve) => (end = resolve));
    this.#pause = { over, end };
  }

  resume(): void {
    this.#pause?.end();
    this.#pause = undefined;
  }

  /** Resolves as soon as the backend is not stopped. */
  async whenRunning(): Promise<void> {
    while (this.#pause) await this.#pause.over;
  }

  wipe(): void {
    this.queues.wipe();
    for (const space of this.#spaces.values()) {
      space.lock.wipe();
      space.entries.wipe();
    }
  }
}

/** Named backends of this process. The only state at module level: a name means the same data everywhere in it. */
const backends = new Map<string, DummyBackend>();

/**
 * The backend of that name, made when nobody has asked for it; without a name a new one that nobody else can reach.
 * @throws ConfigError when the name is in use with another clock: a server has one.
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
 * Forgets the backend of that name, or all of them: whoever opens the name next finds it empty. Stores that are open
 * keep what they had. For `afterEach`.
 */
export function resetDummy(name?: string): void {
  if (name === undefined) backends.clear();
  else backends.delete(name);
}
