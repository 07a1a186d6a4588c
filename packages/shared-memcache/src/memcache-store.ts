import { type Clock, type LeaderInfo, LockLostError, type Store, StoreError, systemClock } from "@beatx/core";
import {
  type ChangeResult,
  checkValueSize,
  type CursorMove,
  type DefinitionChange,
  type EntryPage,
  isLease,
  type Lease,
  type LockHeld,
  type LockRequest,
  type MoveResult,
  type PageRequest,
  type ScheduleReading,
  STORE_CONTRACT,
  type StoreCapabilities,
  type StoredEntry,
} from "@beatx/core/adapter";
import { Exchange } from "./connection/exchange.js";
import type { MemcacheCommands } from "./connection/memcache-connection.js";
import { Cursors, type MoveWithDefinition } from "./cursors/cursors.js";
import { Definitions } from "./definitions/definitions.js";
import { revisionOf } from "./definitions/manifest.js";
import type { Manifest } from "./definitions/manifest.js";
import { checkHealth } from "./health.js";
import { bucketOf, CURSOR_BUCKETS, memcacheKeys } from "./items/keys.js";
import type { MemcacheKeys } from "./items/keys.js";
import { Notices, UnreadableError } from "./items/unreadable.js";
import { MemcacheLock } from "./lock/memcache-lock.js";
import type { FencedData } from "./lock/memcache-lock.js";
import { checkOptions, DEFAULT_COMMAND_TIMEOUT_MS, DEFAULT_NAMESPACE } from "./options.js";
import type { MemcacheStoreOptions } from "./options.js";
import { changeResults } from "./change-results.js";
import { readNames } from "./names.js";
import { readRecords, writeRecords } from "./records.js";
import { openReading, readPage, type ReadingSources } from "./reading.js";

const CAPABILITIES: StoreCapabilities = {
  durable: false,
  // memcached changes one item at a time, so this is not one step, but it has the same effect: a lease is handed out only
  // after its fence is on all data that is written under a lease, and every such write compares that fence.
  fencedWrites: true,
  // There is no older state to go back to, and a manifest that was lost begins a new life.
  revisionShowsOlderState: true,
  groupOf: (name) => bucketOf(name, CURSOR_BUCKETS),
  outbox: false,
  lockResolutionMs: 1,
  // JSON may turn one byte into six, and an item holds a megabyte.
  maxValueBytes: 131_072,
};

/** A store on one memcached server. Connects at its first use. @throws ConfigError for invalid options. */
export function memcacheStore(options: MemcacheStoreOptions): Store & Required<Pick<Store, "checkHealth">> {
  return new MemcacheStore(options);
}

class MemcacheStore implements Store {
  readonly contract: typeof STORE_CONTRACT = STORE_CONTRACT;
  readonly name: string;
  readonly server: string;
  readonly capabilities = CAPABILITIES;
  readonly #clock: Clock;
  /** The lease has a connection of its own: on a shared one, a renewal would wait behind a large write. */
  readonly #lockExchange: Exchange;
  readonly #dataExchange: Exchange;
  readonly #keys: MemcacheKeys;
  readonly #definitions: Definitions;
  readonly #cursors: Cursors;
  readonly #lock: MemcacheLock;
  readonly #notices = new Notices();
  /** The last lease of this store; it may have run out. */
  #lease: Lease | null = null;

  constructor(options: MemcacheStoreOptions) {
    checkOptions(options);
    const { client, name, namespace, commandTimeoutMs, clock = systemClock } = options;
    const exchangeOptions = { client, clock, timeoutMs: commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS };
    const keys = memcacheKeys(namespace ?? DEFAULT_NAMESPACE);
    this.name = name;
    this.server = client.where;
    this.#clock = clock;
    this.#lockExchange = new Exchange(exchangeOptions);
    this.#dataExchange = new Exchange(exchangeOptions);
    this.#keys = keys;
    this.#definitions = new Definitions(keys, this.#notices);
    this.#cursors = new Cursors(keys, this.#notices);
    const fencedData: FencedData = {
      raiseFence: (commands, fence) => this.#raiseFence(commands, fence),
      hasFence: (commands, fence) => this.#definitions.hasFence(commands, fence),
    };
    this.#lock = new MemcacheLock(keys.lock, clock, fencedData, this.#notices);
  }

  getRevision(): Promise<string> {
    return this.#run("read the revision", async (commands) => {
      await this.#giveUpLost(commands);
      return this.#definitions.revision(commands);
    });
  }

  getSchedule(since?: string): Promise<ScheduleReading> {
    return this.#run("read the schedule", (commands) => openReading(commands, this.#sources, since));
  }

  getEntries(names: readonly string[]): Promise<readonly StoredEntry[]> {
    return this.#run("read entries", (commands) => readNames(commands, this.#sources, names));
  }

  getHistory(name: string): Promise<readonly string[]> {
    return this.#run("read records", (commands) => readRecords(commands, this.#sources, this.#keys, name));
  }

  async listEntries(request: PageRequest): Promise<EntryPage> {
    const { manifest } = await this.#run("list entries", (commands) => this.#definitions.open(commands));
    return readPage(this.#sources, manifest, request);
  }

  async setSchedule(changes: readonly DefinitionChange[], lease?: Lease): Promise<readonly ChangeResult[]> {
    for (const { name, definition } of changes) this.#checkSize(name, definition ?? "");
    return this.#run("write the schedule", async (commands) => {
      const check = async (manifest: Manifest): Promise<void> => {
        if (lease) await this.#checkLease(commands, manifest, lease);
      };
      const outcomes = await this.#definitions.change(commands, changes, check, lease !== undefined);
      return changeResults(commands, this.#cursors, outcomes);
    });
  }

  async advance(lease: Lease, moves: readonly CursorMove[]): Promise<readonly MoveResult[]> {
    for (const { name, to } of moves) this.#checkSize(name, to);
    const names = moves.map(({ name }) => name);
    return this.#run("move cursors", async (commands) => {
      for (;;) {
        const { manifest } = await this.#definitions.open(commands);
        await this.#checkLease(commands, manifest, lease);
        const loaded = await this.#definitions.loadFor(commands, manifest, names);
        if (!loaded) continue;
        const withDefinitions = moves.map((move): MoveWithDefinition => {
          const row = loaded.rowOf(move.name);
          if (!row) return { move, definition: loaded.isWholeFor(move.name) ? null : "lost" };
          return { move, definition: { revision: revisionOf(manifest, row.revision), createdBy: row.createdBy } };
        });
        const isLeftOver = this.#definitions.leftOvers(manifest);
        const checkLease = (): Promise<void> => this.#checkLease(commands, manifest, lease);
        const context = { lease, life: manifest.life, isLeftOver, checkLease };
        const results = await this.#cursors.move(commands, withDefinitions, context);
        writeRecords(this.#sources, this.#keys, withDefinitions, results);
        return results;
      }
    });
  }

  async acquireLock(request: LockRequest): Promise<Lease | LockHeld> {
    const answer = await this.#lockExchange.run("acquire the lock", (commands) => {
      return this.#lock.acquire(commands, request);
    });
    this.#lease = isLease(answer) ? answer : null;
    return answer;
  }

  renewLock(lease: Lease, ttlMs: number): Promise<boolean> {
    return this.#lockExchange.run("renew the lock", (commands) => this.#lock.renew(commands, lease, ttlMs));
  }

  releaseLock(lease: Lease): Promise<boolean> {
    return this.#lockExchange.run("release the lock", (commands) => this.#lock.release(commands, lease));
  }

  readLock(): Promise<LeaderInfo | null> {
    return this.#lockExchange.run("read the lock", (commands) => this.#lock.read(commands));
  }

  async checkHealth(): Promise<readonly string[]> {
    const findings = await this.#dataExchange.run("check the server", (commands) => {
      return checkHealth(commands, this.#definitions, this.#clock);
    });
    return [...findings, ...this.takeNotices()];
  }

  takeNotices(): readonly string[] {
    return this.#notices.take();
  }

  async close(): Promise<void> {
    this.#lockExchange.close();
    this.#dataExchange.close();
  }

  /** One exchange. If the manifest cannot be read and this node leads, it writes the manifest again and goes on. */
  #run<T>(what: string, talk: (commands: MemcacheCommands) => Promise<T>): Promise<T> {
    return this.#dataExchange.run(what, async (commands) => {
      try {
        return await talk(commands);
      } catch (error) {
        const lease = this.#lease;
        if (!(error instanceof UnreadableError) || !lease || !(await this.#lock.holds(commands, lease))) throw error;
        if (!(await this.#definitions.hasFence(commands, lease.fence))) throw error;
        return talk(commands);
      }
    });
  }

  get #sources(): ReadingSources {
    return { exchange: this.#dataExchange, definitions: this.#definitions, cursors: this.#cursors };
  }

  async #giveUpLost(commands: MemcacheCommands): Promise<void> {
    const lease = this.#lease;
    if (!lease) return;
    try {
      await this.#definitions.giveUpLost(commands, (manifest) => this.#checkLease(commands, manifest, lease));
    } catch (error) {
      if (!LockLostError.isInstance(error)) throw error;
      this.#lease = null;
    }
  }

  /** The manifest first: its life decides which cursors are current. Then the cursors. */
  async #raiseFence(commands: MemcacheCommands, fence: number): Promise<number> {
    const manifest = await this.#definitions.raiseFence(commands, fence);
    if (manifest.fence > fence) return manifest.fence;
    return this.#cursors.raiseFence(commands, fence, manifest.life);
  }

  /**
   * Call it after reading the manifest. A later leader changes the manifest and every bucket of cursors when it acquires the
   * lock, so a write that is based on the old ones does not land.
   */
  async #checkLease(commands: MemcacheCommands, manifest: Manifest, lease: Lease): Promise<void> {
    if (manifest.fence > lease.fence || !(await this.#lock.holds(commands, lease))) throw new LockLostError();
    if (manifest.fence === lease.fence) return;
    throw new StoreError(
      "the server has lost the schedule during this term: the next renewal ends the term, and the next leader restores it",
    );
  }

  #checkSize(name: string, text: string): void {
    checkValueSize(this.name, name, text, this.capabilities.maxValueBytes);
  }
}
