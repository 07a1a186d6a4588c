import {
  BeatxError,
  type ChangeResult,
  checkValueSize,
  type CursorMove,
  type DefinitionChange,
  type EntryPage,
  type LeaderInfo,
  type Lease,
  type LockHeld,
  type LockRequest,
  type MoveResult,
  type OutboxMark,
  type PageRequest,
  type ScheduleReading,
  type Store,
  STORE_CONTRACT,
  type StoreCapabilities,
  type StoredEntry,
} from "@beatx/core/adapter";

import type { Link } from "../world/link.js";
import type { StoreData } from "./store-data.js";

/** Where a store's own step can write messages. */
export interface Outbox {
  holdsMark(mark: OutboxMark): boolean;
  /** Answers why it cannot; nothing was written then. */
  push(move: CursorMove): string | undefined;
}

export interface SimulatedStoreOptions {
  readonly link: Link;
  readonly data: StoreData;
  readonly capabilities: StoreCapabilities;
  /** Without it, `advance` writes cursors only. */
  readonly outbox: Outbox | null;
  /** The store has no clock (R4). */
  readonly isClockless: boolean;
  /** Of all stores on this server. */
  readonly watchers: Set<() => void>;
}

/** A store of one process, over its link to the server. */
export function simulatedStore(options: SimulatedStoreOptions): Store {
  return new SimulatedStore(options);
}

class SimulatedStore implements Store {
  readonly contract: typeof STORE_CONTRACT = STORE_CONTRACT;
  readonly name = "simulated";
  readonly capabilities: StoreCapabilities;
  readonly getTime?: () => Promise<number>;
  readonly #link: Link;
  readonly #data: StoreData;
  readonly #outbox: Outbox | null;
  readonly #watchers: Set<() => void>;
  readonly #ownWatchers = new Set<() => void>();
  #isClosed = false;

  constructor({ link, data, capabilities, outbox, isClockless, watchers }: SimulatedStoreOptions) {
    this.capabilities = capabilities;
    this.#link = link;
    this.#data = data;
    this.#outbox = outbox;
    this.#watchers = watchers;
    if (!isClockless) this.getTime = () => this.#call("getTime", () => data.time);
  }

  getRevision(): Promise<string> {
    return this.#call("getRevision", () => this.#data.revision);
  }

  getSchedule(since?: string): Promise<ScheduleReading> {
    return this.#call("getSchedule", () => this.#data.read(since));
  }

  getEntries(names: readonly string[]): Promise<readonly StoredEntry[]> {
    return this.#call("getEntries", () => names.flatMap((name) => this.#data.get(name) ?? []));
  }

  listEntries(request: PageRequest): Promise<EntryPage> {
    return this.#call("listEntries", () => this.#data.page(request));
  }

  getHistory(name: string): Promise<readonly string[]> {
    return this.#call("getHistory", () => this.#data.history(name));
  }

  async setSchedule(changes: readonly DefinitionChange[], lease?: Lease): Promise<readonly ChangeResult[]> {
    for (const { name, definition } of changes) this.#checkSize(name, definition ?? "");
    return this.#call("setSchedule", () => {
      const results = this.#data.change(changes, lease);
      this.#hint();
      return results;
    });
  }

  async advance(lease: Lease, moves: readonly CursorMove[]): Promise<readonly MoveResult[]> {
    for (const { name, to } of moves) this.#checkSize(name, to);
    return this.#call("advance", () => this.#data.advance(lease, moves, (move) => this.#outbox?.push(move)));
  }

  acquireLock(request: LockRequest): Promise<Lease | LockHeld> {
    return this.#call("acquireLock", () => this.#data.acquire(request));
  }

  renewLock(lease: Lease, ttlMs: number): Promise<boolean> {
    return this.#call("renewLock", () => this.#data.renew(lease, ttlMs));
  }

  releaseLock(lease: Lease): Promise<boolean> {
    return this.#call("releaseLock", () => {
      const isReleased = this.#data.release(lease);
      if (isReleased) this.#hint();
      return isReleased;
    });
  }

  readLock(): Promise<LeaderInfo | null> {
    return this.#call("readLock", () => this.#data.readLock());
  }

  reachesOutbox(mark: OutboxMark): Promise<boolean> {
    return this.#call("reachesOutbox", () => this.#outbox?.holdsMark(mark) ?? false);
  }

  watch(onHint: () => void): Promise<() => Promise<void>> {
    return this.#call("watch", () => {
      // A hint travels like an answer, and is lost like one.
      const watcher = (): void =>
        void this.#link
          .call("hint", () => undefined)
          .then(
            () => this.#watchers.has(watcher) && onHint(),
            () => undefined,
          );
      this.#watchers.add(watcher);
      this.#ownWatchers.add(watcher);
      return async () => void this.#watchers.delete(watcher);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const watcher of this.#ownWatchers) this.#watchers.delete(watcher);
  }

  #call<T>(command: string, work: () => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(new BeatxError("CLOSED", `${command} on a closed store`));
    return this.#link.call(command, work);
  }

  #hint(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #checkSize(name: string, text: string): void {
    checkValueSize(this.name, name, text, this.capabilities.maxValueBytes);
  }
}
