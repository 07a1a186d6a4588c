import {
  type ChangeResult,
  type CursorMove,
  cutPage,
  isListed,
  type DefinitionChange,
  type EntryPage,
  type LeaderInfo,
  type Lease,
  LockLostError,
  type LockHeld,
  type LockRequest,
  type MoveResult,
  type PageRequest,
  type ScheduleReading,
  type StoredEntry,
} from "@beatx/core/adapter";

import type { Machine } from "../world/machine.js";
import { LockData, type LockState, NO_LOCK } from "./lock-data.js";
import { copyOf, type Data, emptyData, hold, isHeld, moved, type Row } from "./server-data.js";

/** What happens in a store, as its server sees it, in this order. */
export interface StoreObserver {
  /** `false`: the same lease again. */
  onGrant(lease: Lease, isNew: boolean): void;
  onMove(move: CursorMove, lease: Lease): void;
  /** `definition: null`: removed. */
  onDefinition(name: string, definition: string | null, lease: Lease | undefined): void;
}

export interface Snapshot {
  readonly data: Readonly<Data>;
  readonly lock: LockState;
}

/** The kinds of store whose server compares lease and row in one step. */
export interface StoreKind {
  /** `advance` and `setSchedule` compare the lease in the step that writes. */
  readonly fencedWrites: boolean;
  /** Lifetimes of locks go by the wall clock of the server, which can be set. Otherwise by its monotonic clock. */
  readonly locksByWallClock: boolean;
  /** It has a clock, by which it refuses moves that come too early (R18). */
  readonly hasClock: boolean;
}

const MAX_EARLY_MS = 50;
const BATCH = 500;

/** One namespace on one server that changes several records in one step, as a Redis script or a transaction does. */
export class StoreData {
  readonly #machine: Machine;
  readonly #kind: StoreKind;
  readonly #observer: StoreObserver;
  #data = emptyData(1);
  /** Rises with each process of the server: a part of each revision. */
  #run = 1;
  readonly #lock: LockData;

  constructor(machine: Machine, kind: StoreKind, observer: StoreObserver) {
    this.#machine = machine;
    this.#kind = kind;
    this.#observer = observer;
    this.#lock = new LockData(machine, kind.locksByWallClock, (lease, isNew) => observer.onGrant(lease, isNew));
  }

  // --- losses -------------------------------------------------------------------------------------------------------

  snapshot(): Snapshot {
    return { data: copyOf(this.#data), lock: this.#lock.state };
  }

  /** The server starts again, or another one takes its place: with all data, or with those of a snapshot. */
  restart(from?: Snapshot): void {
    if (from) this.#data = copyOf(from.data);
    this.#run++;
    this.#lock.restart(from?.lock);
  }

  wipe(): void {
    this.#data = emptyData(this.#data.life + 1);
    this.#lock.restart(NO_LOCK);
  }

  // --- the lock -----------------------------------------------------------------------------------------------------

  get time(): number {
    return this.#machine.now();
  }

  acquire(request: LockRequest): Lease | LockHeld {
    return this.#lock.acquire(request);
  }

  renew(lease: Lease, ttlMs: number): boolean {
    return this.#lock.renew(lease, ttlMs);
  }

  release(lease: Lease): boolean {
    return this.#lock.release(lease);
  }

  readLock(): LeaderInfo | null {
    return this.#lock.read();
  }

  // --- definitions and cursors --------------------------------------------------------------------------------------

  get revision(): string {
    return this.#revisionOf(this.#data.sequence);
  }

  get(name: string): StoredEntry | null {
    const row = this.#data.rows.get(name);
    return row ? this.#entryOf(name, row) : null;
  }

  /** All entries, as they are now. */
  all(): StoredEntry[] {
    return Array.from(this.#data.rows, ([name, row]) => this.#entryOf(name, row));
  }

  history(name: string): string[] {
    return (this.#data.rows.get(name)?.records ?? []).filter((text) => text !== undefined);
  }

  read(since?: string): ScheduleReading {
    const from = since === undefined ? undefined : this.#sequenceOf(since);
    const names = from === undefined ? [...this.#data.rows.keys()] : this.#changedAfter(from);
    return { revision: this.revision, complete: from === undefined, batches: this.#batches(names, from !== undefined) };
  }

  page(request: PageRequest): EntryPage {
    const listed = this.all().filter(({ name }) => isListed(name, request));
    return cutPage(listed, request.limit);
  }

  change(changes: readonly DefinitionChange[], lease: Lease | undefined): ChangeResult[] {
    if (lease && this.#kind.fencedWrites && !this.#lock.isCurrent(lease)) throw new LockLostError();
    return changes.map((change) => this.#change(change, lease));
  }

  /** `push`: makes the writes of a move to the queue; answers why it cannot. */
  advance(lease: Lease, moves: readonly CursorMove[], push: (move: CursorMove) => string | undefined): MoveResult[] {
    if (this.#kind.fencedWrites && !this.#lock.isCurrent(lease)) throw new LockLostError();
    return moves.map((move) => {
      const refusal = this.#refusalOf(move);
      if (refusal) return refusal;
      if (isHeld(this.#data, move, this.time)) return { status: "held" };
      const reason = push(move);
      if (reason !== undefined) return { status: "refused", reason };
      hold(this.#data, move, this.time);
      this.#data.rows.set(move.name, moved(this.#data.rows.get(move.name)!, move));
      this.#observer.onMove(move, lease);
      return { status: "done" };
    });
  }

  #change({ name, definition, expectedRevision }: DefinitionChange, lease: Lease | undefined): ChangeResult {
    const stored = this.get(name);
    if ((stored?.revision ?? null) !== expectedRevision) return { status: "conflict", entry: stored };
    const data = this.#data;
    data.sequence = Math.max(data.sequence + 1, this.time);
    if (definition === null) {
      data.rows.delete(name);
      data.removed.set(name, data.sequence);
    } else {
      const { cursor = null, records = [] } = data.rows.get(name) ?? {};
      data.rows.set(name, { definition, sequence: data.sequence, cursor, records });
      data.removed.delete(name);
    }
    this.#observer.onDefinition(name, definition, lease);
    return { status: "done", revision: this.revision };
  }

  #refusalOf({ name, from, definitionRevision, dueAt }: CursorMove): MoveResult | undefined {
    const stored = this.get(name);
    if (stored && stored.cursor !== from) return { status: "moved", cursor: stored.cursor };
    if (!stored || (definitionRevision ?? stored.revision) !== stored.revision) return { status: "changed" };
    return this.#kind.hasClock && dueAt > this.time + MAX_EARLY_MS ? { status: "early" } : undefined;
  }

  #entryOf(name: string, { definition, sequence, cursor }: Row): StoredEntry {
    return { name, definition, revision: this.#revisionOf(sequence), cursor };
  }

  #revisionOf(sequence: number): string {
    return `${this.#data.life}.${this.#run}.${sequence}`;
  }

  #sequenceOf(revision: string): number | undefined {
    const sequence = Number(revision.slice(revision.lastIndexOf(".") + 1));
    return this.#revisionOf(sequence) === revision && sequence <= this.#data.sequence ? sequence : undefined;
  }

  #changedAfter(sequence: number): string[] {
    const { rows, removed } = this.#data;
    const changed = [...rows].filter(([, row]) => row.sequence > sequence).map(([name]) => name);
    return [...changed, ...[...removed].filter(([, at]) => at > sequence).map(([name]) => name)];
  }

  async *#batches(names: readonly string[], withRemoved: boolean): AsyncGenerator<readonly StoredEntry[]> {
    for (let start = 0; start < names.length; start += BATCH) {
      const batch: StoredEntry[] = [];
      for (const name of names.slice(start, start + BATCH)) {
        const entry = this.get(name);
        if (entry) batch.push(entry);
        else if (withRemoved) batch.push({ name, definition: null, revision: this.revision, cursor: null });
      }
      yield batch;
    }
  }
}
