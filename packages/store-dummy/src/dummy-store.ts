import type { Clock, Store } from "@beatx/core";
import {
  checkValueSize,
  type CursorMove,
  type DefinitionChange,
  type Lease,
  LockLostError,
  type MoveResult,
  type OutboxMark,
  STORE_CONTRACT,
  type StoreCapabilities,
} from "@beatx/core/adapter";
import { findBackend, type DummyBackend, type DummySpace } from "./dummy-backend.js";
import { DummyConnection } from "./dummy-connection.js";
import { DummyFaults, type DummyFailure, type DummyMethod } from "./dummy-faults.js";

export interface DummyStoreOptions {
  /** Stores and publishers with the same name share one backend in this process. Default: a backend of its own. */
  readonly name?: string;
  /** Separates the schedules that share one backend. Default `"beatx"`. */
  readonly namespace?: string;
  /**
   * The backend's clock, for leases, fences and `getTime`. Default: the one that the name already has, else the
   * system's.
   */
  readonly clock?: Clock;
  /** Deadline of a delayed command, or of one to a paused backend, in ms of the clock. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** Simulates a weaker backend. `fencedWrites: false` writes without comparing the lease; `outbox: false` finds no mark. */
  readonly capabilities?: Partial<StoreCapabilities>;
}

/**
 * A store in memory that can fail on demand. Faults affect this store; the other controls affect its namespace or
 * backend.
 */
export interface DummyStore extends Store {
  getTime(): Promise<number>;
  reachesOutbox(mark: OutboxMark): Promise<boolean>;
  watch(onHint: () => void): Promise<() => Promise<void>>;
  /** Makes the next call of `method` reject. Each further `failNext` applies to one more call. */
  failNext(method: DummyMethod, failure?: DummyFailure): void;
  /** From now on, each call of `method` takes `delayMs` by the clock to reach the backend. 0 ends the delay. */
  delay(method: DummyMethod, delayMs: number): void;
  /** Ends the term of the leader in this namespace, as if its lease had run out. */
  expireLock(): void;
  /** The whole backend loses its data, including queues, like a flushed server. */
  wipe(): void;
  /** Pauses the whole backend. Calls wait until `resume`; those that reject at their deadline are still carried out then. */
  pause(): void;
  resume(): void;
  /** The items of a list of the backend, the oldest first. `database` is 0 by default. */
  queue(key: string, database?: number): readonly string[];
  /** Makes a key of the backend "not a list": moves with writes to it are `refused`. */
  breakQueue(key: string, database?: number): void;
}

const DUMMY_CAPABILITIES: StoreCapabilities = {
  durable: false,
  fencedWrites: true,
  revisionShowsOlderState: true,
  outbox: true,
  lockResolutionMs: 1,
  maxValueBytes: 1024 * 1024,
};

/** @throws ConfigError if the name is in use with another clock. */
export function dummyStore(options: DummyStoreOptions = {}): DummyStore {
  const backend = findBackend(options.name, options.clock);
  const space = backend.space(options.namespace ?? "beatx");
  const capabilities = { ...DUMMY_CAPABILITIES, ...options.capabilities };
  const faults = new DummyFaults();
  const connection = new DummyConnection(backend, faults, options.commandTimeoutMs ?? 2000);
  return {
    contract: STORE_CONTRACT,
    name: "dummy",
    capabilities,
    ...scheduleCommands(backend, space, connection, capabilities),
    ...lockCommands(space, connection),
    getTime: () => connection.command("getTime", () => backend.clock.now()),
    reachesOutbox: (mark) =>
      connection.command("reachesOutbox", () => capabilities.outbox && backend.queues.holdsMark(mark)),
    ...watching(space, connection),
    failNext: (method, failure) => faults.failNext(method, failure),
    delay: (method, delayMs) => faults.delay(method, delayMs),
    expireLock: () => space.lock.expire(),
    wipe: () => backend.wipe(),
    pause: () => backend.pause(),
    resume: () => backend.resume(),
    queue: (key, database = 0) => backend.queues.read(key, database),
    breakQueue: (key, database = 0) => backend.queues.break(key, database),
  };
}

type ScheduleCommands = Pick<
  Store,
  "getRevision" | "getSchedule" | "getEntries" | "getHistory" | "listEntries" | "setSchedule" | "advance"
>;

function scheduleCommands(
  backend: DummyBackend,
  space: DummySpace,
  connection: DummyConnection,
  capabilities: StoreCapabilities,
): ScheduleCommands {
  const { entries } = space;
  const checkSize = (name: string, text: string): void =>
    checkValueSize("dummy", name, text, capabilities.maxValueBytes);
  const checkLease = (lease: Lease): void => {
    if (capabilities.fencedWrites && !space.lock.isCurrent(lease)) throw new LockLostError();
  };
  return {
    getRevision: () => connection.command("getRevision", () => entries.revision),
    getSchedule: (since) => connection.command("getSchedule", () => entries.read(since)),
    getEntries: (names) => connection.command("getEntries", () => names.flatMap((name) => entries.get(name) ?? [])),
    getHistory: (name) => connection.command("getHistory", () => entries.history(name)),
    listEntries: (request) => connection.command("listEntries", () => entries.page(request)),
    setSchedule: async (changes: readonly DefinitionChange[], lease?: Lease) => {
      for (const change of changes) checkSize(change.name, change.definition ?? "");
      return connection.command("setSchedule", () => {
        if (lease) checkLease(lease);
        const results = changes.map((change) => entries.change(change));
        if (results.some((result) => result.status === "done")) hint(space);
        return results;
      });
    },
    advance: async (lease: Lease, moves: readonly CursorMove[]) => {
      for (const move of moves) checkSize(move.name, move.to);
      return connection.command("advance", () => {
        checkLease(lease);
        return moves.map((move) => makeMove(backend, space, move));
      });
    },
  };
}

/** All tests come before all writes, because a move is all or nothing (R20). */
function makeMove({ queues }: DummyBackend, { entries }: DummySpace, move: CursorMove): MoveResult {
  const refusal = entries.refusalOf(move);
  if (refusal) return refusal;
  const writes = move.outbox ?? [];
  const reason = queues.refusalOf(writes);
  if (reason !== undefined) return { status: "refused", reason };
  if (queues.isHeld(writes)) return { status: "held" };
  for (const write of writes) queues.push(write);
  entries.moveCursor(move);
  return { status: "done" };
}

type LockCommands = Pick<Store, "acquireLock" | "renewLock" | "releaseLock" | "readLock">;

function lockCommands(space: DummySpace, connection: DummyConnection): LockCommands {
  const { lock } = space;
  return {
    acquireLock: (request) => connection.command("acquireLock", () => lock.acquire(request)),
    renewLock: (lease, ttlMs) => connection.command("renewLock", () => lock.renew(lease, ttlMs)),
    releaseLock: (lease) =>
      connection.command("releaseLock", () => {
        const released = lock.release(lease);
        if (released) hint(space);
        return released;
      }),
    readLock: () => connection.command("readLock", () => lock.read()),
  };
}

function watching(space: DummySpace, connection: DummyConnection): Required<Pick<Store, "watch" | "close">> {
  const own = new Set<() => void>();
  return {
    watch: (onHint) =>
      connection.command("watch", () => {
        const watcher = (): void => onHint();
        own.add(watcher);
        space.watchers.add(watcher);
        return async () => void space.watchers.delete(watcher);
      }),
    close: async () => {
      for (const watcher of own) space.watchers.delete(watcher);
      connection.close();
    },
  };
}

/** A hint comes after the answer to the command that caused it, as over a network. */
function hint(space: DummySpace): void {
  for (const watcher of space.watchers) {
    queueMicrotask(() => {
      if (space.watchers.has(watcher)) watcher();
    });
  }
}
