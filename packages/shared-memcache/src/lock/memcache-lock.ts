import { randomBytes } from "node:crypto";
import type { Clock, Lease, LockHeld, LeaderInfo, LockRequest } from "@beatx/core";
import type { MemcacheCommands, MemcacheItem } from "../connection/memcache-connection.js";
import { decodeLock, describeHolder, encodeLock, isHeldUnder, longestExchangeMs, waitMs } from "./lock-record.js";
import type { HeldRecord, LockRecord } from "./lock-record.js";
import { UnchangedSince } from "./unchanged-since.js";

/** What a term needs of the data that it is about. */
export interface FencedData {
  /**
   * Puts the fence on everything that is written under a lease, so that no write under an older one lands any more (R35).
   * Answers the highest fence that was found; when that is above `fence`, it was not done.
   */
  raiseFence(commands: MemcacheCommands, fence: number): Promise<number>;
  /** `false`: data that had it is gone. */
  hasFence(commands: MemcacheCommands, fence: number): Promise<boolean>;
}

/** A day; every renewal begins it anew. Only to let the record of an abandoned namespace go: safety does not rest on it. */
const LIFETIME_S = 86_400;

const REASON_LOST =
  "the server had no record of the lock (it is new, was restarted or flushed, or has evicted it), and a lease that it has forgotten may still be trusted";

/**
 * A lease by compare-and-swap and observed expiry. Who wants the lock of a leader that is gone must have seen its record
 * unchanged for `waitMs`. A record that is lost, in whatever way, comes back only as `init`, which has to be waited for
 * as well. Every write is conditional: one that arrives late either fails or makes others wait.
 */
export class MemcacheLock {
  readonly #key: string;
  readonly #clock: Clock;
  readonly #fencedData: FencedData;
  readonly #record: UnchangedSince;
  /** The highest fence that was seen anywhere: the next one is above it, also after a loss (R2). */
  #highestFence = 0;
  /** The fence that this node has put on everything. */
  #raisedFence = 0;

  constructor(key: string, clock: Clock, fencedData: FencedData) {
    this.#key = key;
    this.#clock = clock;
    this.#fencedData = fencedData;
    this.#record = new UnchangedSince(clock);
  }

  async acquire(commands: MemcacheCommands, request: LockRequest): Promise<Lease | LockHeld> {
    for (;;) {
      const startedAtMs = this.#clock.monotonicMs();
      const item = await commands.gets(this.#key);
      if (item === null) return this.#begin(commands, request);
      const record = this.#see(item);
      const leftMs = this.#leftMs(record, request);
      if (leftMs > 0) return refusal(record, request, leftMs, this.#expiresInMs(record));
      const claim = this.#claim(record, request);
      // Lost the race, or too slow to rely on: look again. A claim that did land is then found, and taken up.
      if (!(await this.#write(commands, claim, item, startedAtMs))) continue;
      if (await this.#raiseFence(commands, claim.fence)) return { token: claim.token, fence: claim.fence };
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
      // The schedule was lost under this lease (R33). The term ends, so that the next one brings it back from memory.
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
    if (record?.state !== "held" || this.#record.ageMs >= waitMs(record.ttlMs)) return null;
    return describeHolder(record, this.#expiresInMs(record));
  }

  /** Whether the lease is the current one, as far as this node can tell (R3). */
  async holds(commands: MemcacheCommands, lease: Lease): Promise<boolean> {
    const text = (await commands.getMany([this.#key])).get(this.#key);
    return text !== undefined && this.#isCurrent(this.#see({ text }), lease);
  }

  async #giveUp(commands: MemcacheCommands, lease: Lease): Promise<false> {
    await this.release(commands, lease);
    return false;
  }

  /** Nothing is there: nobody may lead before what may have been lost has run out. */
  async #begin(commands: MemcacheCommands, { ttlMs }: LockRequest): Promise<LockHeld> {
    this.#record.see(null);
    const record: LockRecord = { state: "init", fence: this.#highestFence, ttlMs, id: newId() };
    // It was there when the answer came, so that it is seen from now on. When somebody else was first, theirs comes next.
    if (await commands.add(this.#key, encodeLock(record), LIFETIME_S)) this.#record.see(encodeLock(record));
    return { retryAfterMs: waitMs(ttlMs), leader: null, reason: REASON_LOST };
  }

  #claim(record: LockRecord, { token, ttlMs, label }: LockRequest): HeldRecord {
    const isOwn = record.state === "held" && record.token === token && this.#expiresInMs(record) > 0;
    // Its own lease is prolonged under the same fence (R6), unless a higher one was found on what it is to protect.
    if (isOwn && record.fence >= this.#highestFence) return { ...record, ttlMs, writes: record.writes + 1 };
    const now = Math.trunc(this.#clock.now());
    const fence = Math.max(this.#highestFence + 1, now);
    return { state: "held", fence, ttlMs, token, writes: 0, label, since: now };
  }

  /** `true`: written, and soon enough after it was read. */
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
    this.#record.see(text);
    const record = decodeLock(text);
    this.#highestFence = Math.max(this.#highestFence, record.fence);
    return record;
  }

  /** A record that this node has seen unchanged for the whole lifetime has run out, even if nobody may take it yet. */
  #isCurrent(record: LockRecord, lease: Lease): record is HeldRecord {
    return isHeldUnder(record, lease) && this.#expiresInMs(record) > 0;
  }

  #expiresInMs({ ttlMs }: LockRecord): number {
    return Math.ceil(Math.max(0, ttlMs - this.#record.ageMs));
  }

  /** How long the record has to be waited for, in ms; 0: it may be taken. */
  #leftMs(record: LockRecord, { token, ttlMs }: LockRequest): number {
    if (record.state === "free" || (record.state === "held" && record.token === token)) return 0;
    // Nodes should use the same lifetime. When they do not, the longer one counts.
    return Math.ceil(Math.max(0, waitMs(Math.max(ttlMs, record.ttlMs)) - this.#record.ageMs));
  }
}

/** Asking again after one lifetime is soon enough, since the record may change until then. */
function refusal(record: LockRecord, { ttlMs }: LockRequest, leftMs: number, expiresInMs: number): LockHeld {
  if (record.state !== "held") return { retryAfterMs: leftMs, leader: null, reason: REASON_LOST };
  const retryAfterMs = Math.min(leftMs, Math.max(ttlMs, record.ttlMs));
  return { retryAfterMs, leader: describeHolder(record, expiresInMs) };
}

function newId(): string {
  return randomBytes(9).toString("base64url");
}
