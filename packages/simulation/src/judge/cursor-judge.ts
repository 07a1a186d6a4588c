import { type Circumstances, LEARNS_WITHIN_MS } from "./judge-base.js";
import type { QueueJudge } from "./queue-judge.js";
import { type CursorFacts, readCursor, type StoredFacts } from "./stored-facts.js";
import { factsIn, instantsIn, writingOf } from "../world/schedule.js";

/** So often does a leader look at the stored definitions, and so long may one round of its work take, in ms. */
const LOOKS_WITHIN_MS = 5_000;

const NONE: CursorFacts = { at: 0, runs: 0, skipped: 0, fence: 0, uncertain: 0, pending: null };

/** Judges each cursor that is written (I2, I3, R14, R25). */
export class CursorJudge {
  readonly #world: Circumstances;
  readonly #stored: StoredFacts;
  readonly #queue: QueueJudge;
  /** Every cursor that was ever written, also those that the store has lost. */
  readonly #written = new Set<string>();
  /** Those that a leader has written back after a loss, with the fence of a lock that was lost (R33). */
  readonly #writtenBack = new Set<string>();
  /** When the cursor of an entry last moved, ms since the beginning. */
  readonly #movedAt = new Map<string, number>();

  constructor(world: Circumstances, stored: StoredFacts, queue: QueueJudge) {
    this.#world = world;
    this.#stored = stored;
    this.#queue = queue;
  }

  /** `fence`: of the lease under which it is written. */
  onMove(name: string, from: string | null, to: string, fence: number): void {
    if (name.startsWith("@beatx/")) return;
    const known = this.#stored.cursorBefore(name, from);
    const after = readCursor(to);
    this.#world.tell(() => `the cursor of ${name} moves: ${from ?? "none"} -> ${to}`);
    const movedAt = this.#movedAt.get(name) ?? -Infinity;
    this.#movedAt.set(name, this.#world.nowMs);
    const wasLost = from === null && this.#world.lostAt > -Infinity && this.#world.lostAt >= movedAt;
    const isWrittenBack = from === null && this.#written.has(`${name} ${to}`);
    this.#written.add(`${name} ${to}`);
    if (isWrittenBack) {
      this.#writtenBack.add(`${name} ${to}`);
      if (!wasLost && !this.#wasLostUnnoticed(movedAt))
        this.#violate("R33", name, "was written back although nothing was lost");
      return;
    }
    if (this.#isFromBeforeLoss || this.#startsAnew(name, known, after)) return;
    this.#judgeOrder(name, known ?? NONE, after, fence);
    this.#judgeFences(name, from, known ?? NONE, after);
    // After a loss the first move may carry on the counts that a node remembers (R33).
    if (wasLost || this.#isOfOldRule(name, known ?? NONE, after)) return;
    this.#judgeCounts(name, known ?? NONE, after, known === null);
  }

  /** A leader on memcached may move cursors for a while that the next one does not find, because the manifest was lost before. */
  #wasLostUnnoticed(movedAt: number): boolean {
    const { world, lostAt } = this.#world;
    return world.store === "memcached" && lostAt > -Infinity && movedAt - lostAt < 2 * world.lockTtlMs;
  }

  /** The first move after a reset, where the judge does not see the definition that names it (R28). */
  #startsAnew(name: string, before: CursorFacts | null, after: CursorFacts): boolean {
    if (before === null) return false;
    const fields = ["at", "runs", "skipped", "uncertain"] as const;
    return fields.some((field) => after[field] < before[field]) && this.#stored.takeReset(name);
  }

  #judgeOrder(name: string, before: CursorFacts, after: CursorFacts, fence: number): void {
    // A claim that was not sent may be replaced by a move that sends nothing, with what it had skipped (R25).
    const openClaims = before.pending === null ? 0 : 1;
    const losesSkipped = openClaims === 0 && after.skipped < before.skipped;
    if (after.runs < before.runs - openClaims || losesSkipped) this.#violate("R14", name, "lost some of its counts");
    if (after.at < before.at) this.#violate("R14", name, `moved back by ${before.at - after.at} ms`);
    if (after.fence !== fence) this.#violate("I3", name, "was written with the fence of another lease");
    if (after.uncertain < before.uncertain) this.#violate("R25", name, "lost count of uncertain occurrences");
  }

  #judgeFences(name: string, from: string | null, before: CursorFacts, after: CursorFacts): void {
    const { store } = this.#world.world;
    // Where the step compares only the row, a late leader may still write (I3).
    if (store === "rows" || after.fence >= before.fence) return;
    // memcached has no clock: after it has lost the lock, a node whose own clock is behind begins below the fences of before.
    if (store === "memcached" && this.#writtenBack.has(`${name} ${from}`)) return;
    this.#violate("I3", name, "was written under an older fence than the one before");
  }

  /** Unless one step does both, a leader goes by the rule that it has read until it learns of an edit (R29). */
  #isOfOldRule(name: string, before: CursorFacts, after: CursorFacts): boolean {
    const { world, nowMs } = this.#world;
    if (world.queue === "in the store") return false;
    const sinceEditMs = nowMs - this.#stored.writtenAt(name);
    if (after.runs === before.runs) return sinceEditMs < LEARNS_WITHIN_MS;
    // It may have waited for the queue since before the edit, and sends what is due before it looks.
    if (sinceEditMs < world.publishTimeoutMs + LOOKS_WITHIN_MS) return true;
    const definition = this.#stored.definitionOf(name);
    if (!definition) return false;
    if (after.at <= definition.effectiveFrom) return true;
    return this.#queue.writingOf(name, after.at) !== writingOf(definition.args, definition.ignoredCursor);
  }

  /** With separate steps, a message that went out before the store went back is saved on what it holds then (R32). */
  get #isFromBeforeLoss(): boolean {
    const { world, lostAt, nowMs } = this.#world;
    return world.queue !== "in the store" && nowMs - lostAt < 2 * world.lockTtlMs;
  }

  /** What lies between two cursors was sent, or counted as skipped. */
  #judgeCounts(name: string, before: CursorFacts, after: CursorFacts, isFirst: boolean): void {
    const definition = this.#stored.definitionOf(name);
    const sent = after.runs - before.runs;
    const { queue, delivery } = this.#world.world;
    // A claim is not sent yet, and one that is settled later has its own counts (R25).
    const claims = queue === "plain" && delivery === "at-most-once";
    if (claims && before.pending !== null) return;
    if (!claims && sent > 0 && queue !== "in the store" && !this.#queue.has(name, after.at)) {
      this.#violate("I2", name, "counts an occurrence as sent that is not in the queue");
    }
    if (!definition) return;
    const { periodMs } = factsIn(definition.args);
    if (periodMs === 0 || after.at === before.at) return;
    const since = Math.max(isFirst ? -Infinity : before.at, definition.effectiveFrom);
    const settled = instantsIn(since, after.at, periodMs);
    const counted = sent + after.skipped - before.skipped;
    if (counted !== settled) this.#violate("I2", name, `settled ${settled} instants and counted ${counted}`);
    if (queue === "in the store") this.#judgeStep(name, since, after.at, periodMs, sent);
  }

  /** The messages of one step land together with the cursor. */
  #judgeStep(name: string, since: number, until: number, periodMs: number, sent: number): void {
    let found = 0;
    for (let instant = until; instant > since && found < sent; instant -= periodMs) {
      if (this.#queue.has(name, instant)) found++;
    }
    if (found < sent) this.#violate("I2", name, `counts ${sent} occurrences as sent, and the queue has ${found}`);
  }

  #violate(invariant: string, name: string, what: string): void {
    this.#world.violate(invariant, `the cursor of ${name} ${what}`);
  }
}
