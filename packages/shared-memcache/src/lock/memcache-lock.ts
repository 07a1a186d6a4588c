import { randomBytes } from "node:crypto";
import type { Clock, LeaderInfo } from "@beatx/core";
import type { Lease, LockHeld, LockRequest } from "@beatx/core/adapter";
import type { MemcacheCommands, MemcacheItem } from "../connection/memcache-connection.js";
import { decodeLock, describeHolder, encodeLock, isHeldUnder, longestExchangeMs, waitMs } from "./lock-record.js";
import type { HeldRecord, LockRecord } from "./lock-record.js";
import { UnchangedSince } from "./unchanged-since.js";

/** The data that only a leader may write. */
export interface FencedData {
  /**
   * Puts the fence on everything that is written under a lease, so that writes under older leases no longer land (R35).
   * Returns the highest fence found. If that is above `fence`, the fence was not put everywhere.
   */
  raiseFence(commands: MemcacheCommands, fence: number): Promise<number>;
  /** `false`: data that had this fence was lost. */
  hasFence(commands: MemcacheCommands, fence: number): Promise<boolean>;
}

/** A day, restarted by every renewal. It only clears the record of an abandoned namespace; safety does not depend on it. */
const LIFETIME_S = 86_400;

const REASON_LOST =
  "the server had no record of the lock (it is new, was restarted or flushed, or evicted it), and a lost lease may still be trusted";

/**
 * A lease by compare-and-swap and observed expiry. A node takes the lock of a dead leader after it has seen the record
 * unchanged for `waitMs`. A lost record comes back only as `init`, and `init` has the same wait. Every write is
 * conditional: one that arrives late either fails or makes others wait.
 */
export class MemcacheLock {
  readonly #key: string;
  readonly #clock: Clock;
  readonly #fencedData: FencedData;
  readonly #unchangedSince: UnchangedSince;
  /** The highest fence seen anywhere. The next one is above it, even after a loss (R2). */
  #highestFence = 0;
  /** The last fence that this node has put on all data. */
  #raisedFence = 0;

  constructor(key: string, clock: Clock, fencedData: FencedData) {
    this.#key = key;
    this.#clock = clock;
    this.#fencedData = fencedData;
    this.#unchangedSince = new UnchangedSince(clock);
  }

  async acquire(commands: MemcacheCommands, request: LockRequest): Promise<Lease | LockHeld> {
    for (;;) {
      const startedAtMs = this.#clock.monotonicMs();
      const item = await commands.gets(this.#key);
      if (item === null) return this.#begin(commands, request);
      const record = this.#see(item);
      const leftMs = this.#leftMs(record, request);
      if (leftMs > 0) return refusal(record, request, leftMs, this.#expiresInMs(record));
      const taken = this.#heldRecord(record, request);
      // Another node was faster, or the write took too long to rely on. Read again: if the write landed after all, this
      // node finds its own record.
      if (!(await this.#write(commands, taken, item, startedAtMs))) continue;
      if (await this.#raiseFence(commands, taken.fence)) return { token: taken.token, fence: taken.fence };
    }
  }

  async renew(commands: MemcacheCommands, lease: Lease, ttlMs: number): Promise<boolean> {
    for (;;) {
      const startedAtMs = this.#clock.monotonicMs();
      const [item, hasFence] = await Promise.all([
        commands.gets(this.#key),
        this.#fencedData.hasFence(commands, lease.fence),
      ]);
      const record = item && this.#see(item);
      if (!record || !this.#isCurrent(record, lease)) return false;
      // The schedule was lost under this lease (R33). End the term, so that the next one restores it from memory.
      if (!hasFence) return this.#giveUp(commands, lease);
      const renewed = { ...record, ttlMs, writes: record.writes + 1 };
      if (await this.#write(commands, renewed, item, startedAtMs)) return true;
    }
  }

  async release(commands: MemcacheCommands, lease: Lease): Promise<boolean> {
    for (;;) {
      const startedAtMs = this.#clock.monotonicMs();
      const item = await commands.gets(this.#key);
      const record = item && this.#see(item);
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
    return text !== undefined && this.#isCurrent(this.#see({ text }), lease);
  }

  async #giveUp(commands: MemcacheCommands, lease: Lease): Promise<false> {
    await this.release(commands, lease);
    return false;
  }

  /** There is no record: no node may lead until a lease that may have been lost has run out. */
  async #begin(commands: MemcacheCommands, { ttlMs }: LockRequest): Promise<LockHeld> {
    this.#unchangedSince.see(null);
    const record: LockRecord = { state: "init", fence: this.#highestFence, ttlMs, id: newId() };
    // Once the answer is here, the record counts as seen. If another node was faster, its record is read next time.
    if (await commands.add(this.#key, encodeLock(record), LIFETIME_S)) this.#unchangedSince.see(encodeLock(record));
    return { retryAfterMs: waitMs(ttlMs), leader: null, reason: REASON_LOST };
  }

  #heldRecord(record: LockRecord, { token, ttlMs, label }: LockRequest): HeldRecord {
    const isOwn = record.state === "held" && record.token === token && this.#expiresInMs(record) > 0;
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
    if (!(await commands.cas(this.#key, text, LIFETIME_S, cas))) return false;
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

  #see({ text }: Pick<MemcacheItem, "text">): LockRecord {
    this.#unchangedSince.see(text);
    const record = decodeLock(text);
    this.#highestFence = Math.max(this.#highestFence, record.fence);
    return record;
  }

  /** A record seen unchanged for its whole lifetime has run out, even if no node may take it yet. */
  #isCurrent(record: LockRecord, lease: Lease): record is HeldRecord {
    return isHeldUnder(record, lease) && this.#expiresInMs(record) > 0;
  }

  #expiresInMs({ ttlMs }: LockRecord): number {
    return Math.ceil(Math.max(0, ttlMs - this.#unchangedSince.elapsedMs));
  }

  /** How long until the record may be taken, in ms; 0: now. */
  #leftMs(record: LockRecord, { token, ttlMs }: LockRequest): number {
    if (record.state === "free" || (record.state === "held" && record.token === token)) return 0;
    // All nodes should use the same lifetime. If they do not, the longer one counts.
    return Math.ceil(Math.max(0, waitMs(Math.max(ttlMs, record.ttlMs)) - this.#unchangedSince.elapsedMs));
  }
}

/** `retryAfterMs` is at most one lifetime: the record may change by then. */
function refusal(record: LockRecord, { ttlMs }: LockRequest, leftMs: number, expiresInMs: number): LockHeld {
  if (record.state !== "held") return { retryAfterMs: leftMs, leader: null, reason: REASON_LOST };
  const retryAfterMs = Math.min(leftMs, Math.max(ttlMs, record.ttlMs));
  return { retryAfterMs, leader: describeHolder(record, expiresInMs) };
}

function newId(): string {
  return randomBytes(9).toString("base64url");
}
