import type { Clock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import { describe, shorten } from "../base/describe.js";
import { StoreError } from "../base/errors.js";
import type { ScheduleReading, Store, StoreCapabilities, StoredEntry } from "../contract/store.js";
import type { StoreHealth, StoreWork } from "./store-health.js";

/**
 * Gives every command of a store a deadline (R40), so a command without an answer rejects with a `StoreError`, too. A
 * late answer is ignored (R7).
 */
export class StoreWithDeadlines {
  readonly store: Store;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #health: StoreHealth | null;

  /** `health` learns how each command ends. */
  constructor(store: Store, clock: Clock, timeoutMs: number, health: StoreHealth | null = null) {
    this.store = store;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#health = health;
  }

  get name(): string {
    return this.store.name;
  }

  get capabilities(): StoreCapabilities {
    return this.store.capabilities;
  }

  getRevision(): Promise<string> {
    return this.#note("read", this.#limit("getRevision", this.store.getRevision()));
  }

  /** Each batch has the deadline of one command. */
  async getSchedule(since?: string): Promise<ScheduleReading> {
    const reading = await this.#note("read", this.#limit("getSchedule", this.store.getSchedule(since)));
    return { ...reading, batches: this.#limitEach(reading.batches) };
  }

  getEntries(...[names]: Parameters<Store["getEntries"]>): ReturnType<Store["getEntries"]> {
    return this.#note("read", this.#limit("getEntries", this.store.getEntries(names)));
  }

  /** Whether moves may carry records. */
  get keepsRecords(): boolean {
    return this.store.getHistory !== undefined;
  }

  /** None if the store keeps no records. */
  getHistory(name: string): Promise<readonly string[]> {
    if (!this.store.getHistory) return Promise.resolve([]);
    return this.#note("read", this.#limit("getHistory", this.store.getHistory(name)));
  }

  listEntries(...[request]: Parameters<Store["listEntries"]>): ReturnType<Store["listEntries"]> {
    return this.#note("read", this.#limit("listEntries", this.store.listEntries(request)));
  }

  setSchedule(...[changes, lease]: Parameters<Store["setSchedule"]>): ReturnType<Store["setSchedule"]> {
    return this.#note("write", this.#limit("setSchedule", this.store.setSchedule(changes, lease)));
  }

  advance(...[lease, moves]: Parameters<Store["advance"]>): ReturnType<Store["advance"]> {
    return this.#note("advance", this.#limit("advance", this.store.advance(lease, moves)));
  }

  acquireLock(...[request]: Parameters<Store["acquireLock"]>): ReturnType<Store["acquireLock"]> {
    return this.#note("acquire", this.#limit("acquireLock", this.store.acquireLock(request)));
  }

  renewLock(...[lease, ttlMs]: Parameters<Store["renewLock"]>): ReturnType<Store["renewLock"]> {
    return this.#note("renew", this.#limit("renewLock", this.store.renewLock(lease, ttlMs)));
  }

  releaseLock(...[lease]: Parameters<Store["releaseLock"]>): ReturnType<Store["releaseLock"]> {
    return this.#limit("releaseLock", this.store.releaseLock(lease));
  }

  readLock(): ReturnType<Store["readLock"]> {
    return this.#limit("readLock", this.store.readLock());
  }

  /** The store's time, epoch ms; `undefined`: it has no clock. */
  getTime(): Promise<number | undefined> {
    return this.store.getTime ? this.#limit("getTime", this.store.getTime()) : Promise.resolve(undefined);
  }

  /** Warnings for the operator about the backend (R34). */
  async warnings(): Promise<readonly string[]> {
    const { store } = this;
    const { capabilities, name } = store;
    const known = store.checkHealth ? await this.#limit("checkHealth", store.checkHealth()) : [];
    if (capabilities.durable) return known;
    return [`the ${name} store may lose its data at any time, and with it the entries that clients made`, ...known];
  }

  /** Damage that the store has found since the last call. Never throws: a report must not end the node's loop. */
  takeNotices(): readonly string[] {
    try {
      const lines: unknown = this.store.takeNotices?.() ?? [];
      if (!Array.isArray(lines)) throw new TypeError(`takeNotices must return an array, not ${describe(lines)}`);
      return lines.map((line) => (typeof line === "string" ? line : describe(line)));
    } catch (error) {
      const why = error instanceof Error ? error.message : describe(error);
      return [`the ${this.name} store could not report damage: ${shorten(why, 500)}`];
    }
  }

  async reachesOutbox(...[mark]: Parameters<NonNullable<Store["reachesOutbox"]>>): Promise<boolean> {
    if (!this.store.capabilities.outbox || !this.store.reachesOutbox) return false;
    return this.#limit("reachesOutbox", this.store.reachesOutbox(mark));
  }

  async *#limitEach(batches: AsyncIterable<readonly StoredEntry[]>): AsyncGenerator<readonly StoredEntry[]> {
    const iterator = batches[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await this.#note("read", this.#limit("getSchedule", iterator.next()));
        if (step.done) return;
        yield step.value;
      }
    } finally {
      void iterator.return?.()?.catch(() => undefined);
    }
  }

  #note<T>(work: StoreWork, command: Promise<T>): Promise<T> {
    // Before the caller learns of it.
    void command.then(
      () => this.#health?.succeeded(work),
      (error: unknown) => this.#health?.failed(work, error),
    );
    return command;
  }

  #limit<T>(command: string, work: Promise<T>): Promise<T> {
    const { name, server } = this.store;
    return withDeadline(this.#clock, work, this.#timeoutMs, () => {
      const place = server === undefined ? `the ${name} store` : `the ${name} store at ${server}`;
      return new StoreError(`${place} did not answer ${command} within ${this.#timeoutMs} ms`);
    });
  }
}
