import { type Clock, type LeaderInfo, StoreError } from "@beatx/core";
import type { Lease, LockHeld, LockRequest } from "@beatx/core/adapter";
import type { MemcacheCommands, MemcacheItem } from "../connection/memcache-connection.js";
import { newId } from "../items/keys.js";
import { describeItem } from "../items/unreadable.js";
import type { Notices } from "../items/unreadable.js";
import { LastHeld } from "./last-held.js";
import {
  decodeLock,
  describeHolder,
  encodeLock,
  isHeldUnder,
  LOCK_LIFETIME_S,
  longestExchangeMs,
  MOST_TTL_MS,
  waitMs,
} from "./lock-record.js";
import type { HeldRecord, LockRecord } from "./lock-record.js";
import { UnchangedSince } from "./unchanged-since.js";

/** The data that only a leader may write. */
export interface FencedData {
  /**
   * Puts the fence on everything that is written under a lease, so that writes under older leases no longer land (R35).
   * Returns the highest fence found. If that is above `fence`, the fence was not put everywhere.
   */
  raiseFence(commands: MemcacheCommands, fence: number): Promise<number>;
  /** `false`: data that had this fence was lost. Only for the holder of the lock: damaged data is mended from memory. */
  hasFence(commands: MemcacheCommands, fence: number): Promise<boolean>;
}

const REASON_LOST =
  "the server had no record of the lock (it is new, was restarted or flushed, or evicted it), and a lost lease may still be trusted";

/**
 * A lease by compare-and-swap and observed expiry. A node takes the lock of a dead leader after it has seen the record
 * unchanged for `waitMs`. A lost record comes back only as `init`, and `init` has the same wait, and so has an item that
 * cannot be read: it may hide a lease. Every write is conditional: one that arrives late either fails or makes others wait.
 */
export class MemcacheLock {
  readonly #key: string;
  readonly #clock: Clock;
  readonly #fencedData: FencedData;
  readonly #notices: Notices;
  readonly #unchangedSince: UnchangedSince;
  readonly #lastHeld: LastHeld;
  /** The highest fence seen anywhere. The next one is above it, even after a loss (R2). */
  #highestFence = 0;
  /** The first item that could not be read: it stands in the reason, which is logged when it changes. */
  #unreadableItem: MemcacheItem | null = null;
  /** The last fence that this node has put on all data. */
  #raisedFence = 0;

  constructor(key: string, clock: Clock, fencedData: FencedData, notices: Notices) {
    this.#key = key;
    this.#clock = clock;
    this.#fencedData = fencedData;
    this.#notices = notices;
    this.#unchangedSince = new UnchangedSince(clock);
    this.#lastHeld = new LastHeld(clock);
  }

  async acquire(commands: MemcacheCommands, request: LockRequest): Promise<Lease | LockHeld> {
    checkTtl(request.ttlMs);
    for (;;) {
      const startedAtMs = this.#clock.monotonicMs();
      const item = await commands.gets(this.#key);
      if (item === null) return this.#begin(commands, request);
      const record = this.#see(item);
      const leftMs = this.#leftMs(record, request);
      if (leftMs > 0) return record ? this.#refusal(record, request, leftMs) : this.#unreadable(item, request, leftMs);
      const taken = this.#heldRecord(record, request);
      // Another node was faster, or the write took too long to rely on. Read again: if the write landed after all, this
      // node finds its own record.
      if (!(await this.#write(commands, taken, item, startedAtMs))) continue;
      if (!record) this.#notices.add(`${this.#describe(item)}; a new leader has replaced it`);
      if (await this.#raiseFence(commands, taken.fence)) return { token: taken.token, fence: taken.fence };
    }
  }

  async renew(commands: MemcacheCommands, lease: Lease, ttlMs: number): Promise<boolean> {
    for (;;) {
      const startedAtMs = this.#clock.monotonicMs();
      const item = await commands.gets(this.#key);
      const record = this.#own(item, lease);
      if (!item || !record) return false;
      // The schedule was lost under this lease (R33): the next term restores it from memory. The lock stays until the node
      // releases it, since it trusts its lease until this answer has come.
      if (!(await this.#fencedData.hasFence(commands, lease.fence))) return false;
      const renewed = { ...record, ttlMs, writes: record.writes + 1 };
      if (!(await this.#write(commands, renewed, item, startedAtMs))) continue;
      if (!decodeLock(item.text)) this.#notices.add(`${this.#describe(item)}; the leader has written it again`);
      return true;
    }
  }

  async release(commands: MemcacheCommands, lease: Lease): Promise<boolean> {
    for (;;) {
      const startedAtMs = this.#clock.monotonicMs();
      const item = await commands.gets(this.#key);
      const record = item && (this.#see(item) ?? this.#lastHeld.recordOf(lease));
      if (!record || !isHeldUnder(record, lease)) return false;
      const { fence, ttlMs } = record;
      if (await this.#write(commands, { state: "free", fence, ttlMs, id: newId() }, item, startedAtMs)) return true;
    }
  }

  async read(commands: MemcacheCommands): Promise<LeaderInfo | null> {
    const item = await commands.gets(this.#key);
    const record = item && this.#see(item);
    if (record?.state !== "held" || this.#unchangedSince.elapsedMs >= waitMs(record.ttlMs)) return null;
    return describeHolder(record, this.#expiresInMs(record));
  }

  /** Whether the lease is current, as far as this node can tell (R3). */
  async holds(commands: MemcacheCommands, lease: Lease): Promise<boolean> {
    const text = (await commands.getMany([this.#key])).get(this.#key);
    return this.#own(text === undefined ? null : { text }, lease) !== null;
  }

  /** There is no record: no node may lead until a lease that may have been lost has run out. */
  async #begin(commands: MemcacheCommands, { ttlMs }: LockRequest): Promise<LockHeld> {
    this.#unchangedSince.see(null);
    this.#lastHeld.observe(null);
    const record: LockRecord = { state: "init", fence: this.#highestFence, ttlMs, id: newId() };
    // Once the answer is here, the record counts as seen. If another node was faster, its record is read next time.
    const text = encodeLock(record);
    if (await commands.add(this.#key, text, LOCK_LIFETIME_S)) this.#unchangedSince.see(text);
    return { retryAfterMs: waitMs(ttlMs), leader: null, reason: REASON_LOST };
  }

  #heldRecord(record: LockRecord | null, { token, ttlMs, label }: LockRequest): HeldRecord {
    const isOwn = record?.state === "held" && record.token === token && this.#expiresInMs(record) > 0;
    // The node's own lease keeps its fence (R6), unless the data has a higher one.
    if (isOwn && record.fence >= this.#highestFence) return { ...record, ttlMs, writes: record.writes + 1 };
    const now = Math.trunc(this.#clock.now());
    const fence = Math.max(this.#highestFence + 1, now);
    return { state: "held", fence, ttlMs, token, writes: 0, label, since: now };
  }

  /** `true`: written, and soon enough after the read. */
  async #write(
    commands: MemcacheCommands,
    record: LockRecord,
    { cas }: MemcacheItem,
    startedAtMs: number,
  ): Promise<boolean> {
    const limitMs = longestExchangeMs(record.ttlMs);
    if (this.#clock.monotonicMs() - startedAtMs > limitMs) return false;
    const text = encodeLock(record);
    if (!(await commands.cas(this.#key, text, LOCK_LIFETIME_S, cas))) return false;
    this.#see({ text });
    return this.#clock.monotonicMs() - startedAtMs <= limitMs;
  }

  async #raiseFence(commands: MemcacheCommands, fence: number): Promise<boolean> {
    if (this.#raisedFence === fence) return true;
    const found = await this.#fencedData.raiseFence(commands, fence);
    this.#highestFence = Math.max(this.#highestFence, found);
    if (found <= fence) this.#raisedFence = fence;
    return found <= fence;
  }

  /** `null`: the item cannot be read. */
  #see({ text }: Pick<MemcacheItem, "text">): LockRecord | null {
    this.#unchangedSince.see(text);
    const record = decodeLock(text);
    if (!record) return null;
    this.#unreadableItem = null;
    this.#lastHeld.observe(record);
    this.#highestFence = Math.max(this.#highestFence, record.fence);
    return record;
  }

  /**
   * The record, if the lease is current. One seen unchanged for its whole lifetime has run out, even if no node may take it
   * yet. In place of a damaged one, the holder goes on with its own.
   */
  #own(item: Pick<MemcacheItem, "text"> | null, lease: Lease): HeldRecord | null {
    if (!item) {
      this.#lastHeld.observe(null);
      return null;
    }
    const record = this.#see(item);
    if (!record) return this.#lastHeld.recordOf(lease);
    return isHeldUnder(record, lease) && this.#expiresInMs(record) > 0 ? record : null;
  }

  #expiresInMs({ ttlMs }: LockRecord): number {
    return Math.ceil(Math.max(0, ttlMs - this.#unchangedSince.elapsedMs));
  }

  /** How long until the record may be taken, in ms; 0: now. */
  #leftMs(record: LockRecord | null, { token, ttlMs }: LockRequest): number {
    if (record?.state === "free" || (record?.state === "held" && record.token === token)) return 0;
    // All nodes should use the same lifetime. If they do not, the longer one counts.
    const longestMs = Math.max(ttlMs, record?.ttlMs ?? this.#lastHeld.ttlMs);
    return Math.ceil(Math.max(0, waitMs(longestMs) - this.#unchangedSince.elapsedMs));
  }

  /** `retryAfterMs` is at most one lifetime: the record may change by then. */
  #refusal(record: LockRecord, { ttlMs }: LockRequest, leftMs: number): LockHeld {
    if (record.state !== "held") return { retryAfterMs: leftMs, leader: null, reason: REASON_LOST };
    const retryAfterMs = Math.min(leftMs, Math.max(ttlMs, record.ttlMs));
    return { retryAfterMs, leader: describeHolder(record, this.#expiresInMs(record)) };
  }

  #unreadable(item: MemcacheItem, { ttlMs }: LockRequest, leftMs: number): LockHeld {
    this.#unreadableItem ??= item;
    const wayOut = "it is replaced if it stays unchanged for longer than a lease";
    const reason = `${this.#describe(this.#unreadableItem)}; ${wayOut}. If another application uses this key, choose another namespace`;
    return { retryAfterMs: Math.min(leftMs, ttlMs), leader: null, reason };
  }

  #describe({ text }: MemcacheItem): string {
    return `the lock cannot be read: ${describeItem(this.#key, text)}`;
  }
}

function checkTtl(ttlMs: number): void {
  if (ttlMs <= MOST_TTL_MS) return;
  throw new StoreError(`lockTtlMs is ${ttlMs}: memcached keeps a lock for at most ${MOST_TTL_MS} ms`);
}
