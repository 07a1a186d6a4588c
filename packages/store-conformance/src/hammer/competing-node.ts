import { randomUUID } from "node:crypto";
import { BeatxError, type Store } from "@beatx/core";
import { isLease, type Lease } from "@beatx/core/adapter";
import { pause } from "../base/pause.js";
import { WatchedCalls } from "./watched-calls.js";
import { makeCursor } from "./findings.js";
import { appendEvent, machineMs, type HammeredCall, type HammerEvent } from "./journal.js";
import { randomBetween, seededRandom, type Random } from "./random.js";
import type { CompeteTask } from "./worker-task.js";

/** The entry whose cursor all workers move. */
const ENTRY = "hammered";

/** Long past by every clock, so that no move is early. */
const DUE_AT = 1_000_000_000_000;

/** A node's view of its lease. Times are `machineMs`. */
interface Term {
  readonly number: number;
  readonly lease: Lease;
  /** The node trusts its lease until here (R7). */
  validUntilMs: number;
  renewAtMs: number;
  /** When the node ends the term by its own choice. */
  leaveAtMs: number;
}

/**
 * Competes for the lease and trusts it as core does, moves the shared cursor while it leads, and writes each belief into
 * its journal before it acts on it. It does two things that core does not: sometimes it lets a lease run out, like a node
 * that hangs; and it uses leases after their end, like a command that was delayed on its way.
 */
export class CompetingNode {
  readonly #store: Store;
  readonly #task: CompeteTask;
  readonly #finishing: AbortSignal;
  readonly #random: Random;
  readonly #calls: WatchedCalls;
  #terms = 0;
  #token: string = randomUUID();
  #term: Term | null = null;
  /** An ended lease, and how often the node still uses it after `fromMs`. */
  #past: { readonly lease: Lease; readonly fromMs: number; tries: number } | null = null;
  #cursor: string | null = null;
  #moves = 0;

  constructor(store: Store, task: CompeteTask, finishing: AbortSignal) {
    this.#store = store;
    this.#task = task;
    this.#finishing = finishing;
    this.#random = seededRandom(task.seed, `worker ${task.worker}`);
    this.#calls = new WatchedCalls(task.pace.commandTimeoutMs, (call) => this.#note({ kind: "unended", call }));
  }

  /** Runs until `finishing` is aborted, then releases the lease and closes the store. */
  async run(): Promise<void> {
    await Promise.all([this.#compete(), this.#keepMoving()]);
    if (this.#term) await this.#leave(this.#term, true);
    await this.#try("close", () => this.#calls.watch("close", () => this.#store.close()));
    this.#calls.end();
  }

  async #compete(): Promise<void> {
    while (!this.#finishing.aborted) {
      if (this.#term) await this.#hold(this.#term);
      else await this.#acquire();
    }
  }

  async #acquire(): Promise<void> {
    const { ttlMs } = this.#task.pace;
    const askedAtMs = machineMs();
    const request = { token: this.#token, ttlMs, label: `worker ${this.#task.worker}` };
    const answer = await this.#ask("acquireLock", () => this.#store.acquireLock(request));
    if (answer && isLease(answer)) {
      const leaveAtMs = askedAtMs + ttlMs * 1.2 * this.#random() ** 2;
      this.#term = { number: this.#terms, lease: answer, validUntilMs: 0, renewAtMs: 0, leaveAtMs };
      return this.#believe(this.#term, askedAtMs, "acquireLock");
    }
    if (answer) this.#note({ kind: "refused", call: "acquireLock" });
    // It may have been granted all the same, so the same token asks again (R6). Short pauses hit the very end of a lease.
    await this.#pause(Math.min(ttlMs / 12, answer?.retryAfterMs ?? Infinity));
  }

  async #hold(term: Term): Promise<void> {
    const nowMs = machineMs();
    if (nowMs >= term.validUntilMs) return this.#leave(term, false);
    if (nowMs >= term.leaveAtMs) {
      if (this.#random() < 0.8) return this.#leave(term, true);
      term.leaveAtMs = term.renewAtMs = Infinity; // Trust the lease to its end without a renewal.
    }
    if (nowMs < term.renewAtMs) {
      return pause(Math.min(term.renewAtMs, term.leaveAtMs, term.validUntilMs) - nowMs);
    }
    const { ttlMs } = this.#task.pace;
    const renewed = await this.#ask("renewLock", () => this.#store.renewLock(term.lease, ttlMs));
    if (this.#term !== term) return; // A move was refused meanwhile and has ended the term.
    if (renewed) this.#believe(term, nowMs, "renewLock");
    else if (renewed === false) this.#lose(term, "renewLock");
    else await this.#pause(ttlMs / 12);
  }

  /** Trust counts from before the request was sent, and is in the journal before the node acts on it. */
  #believe(term: Term, askedAtMs: number, by: "acquireLock" | "renewLock"): void {
    const { ttlMs, marginMs, renewEveryMs } = this.#task.pace;
    const untilMs = askedAtMs + ttlMs - marginMs;
    this.#note({ kind: "believed", by, term: term.number, fence: term.lease.fence, atMs: machineMs(), untilMs });
    term.validUntilMs = untilMs;
    term.renewAtMs = askedAtMs + renewEveryMs;
  }

  /** The store said that the lease is no longer valid. */
  #lose(term: Term, call: HammeredCall): void {
    this.#note({ kind: "refused", call });
    this.#end(term);
  }

  /** Ends the term first, then releases the lock or lets it run out. */
  async #leave(term: Term, releases: boolean): Promise<void> {
    this.#end(term);
    if (releases) await this.#ask("releaseLock", () => this.#store.releaseLock(term.lease));
    await this.#pause(this.#task.pace.ttlMs / 6);
  }

  #end(term: Term): void {
    if (this.#term !== term) return;
    const atMs = machineMs();
    this.#note({ kind: "ended", term: term.number, atMs });
    this.#term = null;
    this.#terms += 1;
    this.#token = randomUUID(); // R1
    const fromMs = atMs + this.#task.pace.ttlMs * 2 * this.#random();
    this.#past ??= { lease: term.lease, fromMs, tries: 4 };
  }

  async #keepMoving(): Promise<void> {
    while (!this.#finishing.aborted) {
      const term = this.#term;
      if (term && machineMs() < term.validUntilMs) {
        await this.#move(term.lease, () => this.#lose(term, "advance"));
      } else if (this.#past && machineMs() >= this.#past.fromMs) await this.#useLate(this.#past);
      await this.#pause(this.#task.pace.ttlMs / 12);
    }
  }

  /** Tries several moves, because the first answer may only say which cursor to move from; then releases. */
  async #useLate(past: { readonly lease: Lease; tries: number }): Promise<void> {
    past.tries -= 1;
    if (past.tries > 0) {
      await this.#move(past.lease, () => {
        this.#note({ kind: "refused", call: "advance" });
        past.tries = 0;
      });
    }
    if (past.tries > 0) return;
    this.#past = null;
    await this.#ask("releaseLock", () => this.#store.releaseLock(past.lease));
  }

  async #move(lease: Lease, onLost: () => void): Promise<void> {
    const from = this.#cursor;
    this.#moves += 1;
    const to = makeCursor(lease.fence, `${this.#task.worker}:${this.#moves}`);
    const sentAtMs = machineMs();
    const move = { name: ENTRY, from, to, definitionRevision: null, dueAt: DUE_AT };
    const results = await this.#ask("advance", () => this.#store.advance(lease, [move]), onLost);
    const result = results?.[0];
    if (result === undefined) return;
    switch (result.status) {
      case "done":
        this.#note({ kind: "moved", fence: lease.fence, from, to, sentAtMs, repliedAtMs: machineMs() });
        this.#cursor = to;
        return;
      case "moved":
        this.#cursor = result.cursor;
        return;
      case "changed":
        return this.#createEntry(); // No worker has created it yet, or the server has lost it.
      case "early":
      case "held":
      case "refused":
        return this.#note({ kind: "failed", call: "advance", message: `answered ${JSON.stringify(result)}` });
    }
  }

  async #createEntry(): Promise<void> {
    const change = { name: ENTRY, definition: "{}", expectedRevision: null };
    await this.#ask("setSchedule", () => this.#store.setSchedule([change]));
    this.#cursor = null;
  }

  /** Resolves to `undefined` when the call failed. */
  #ask<T>(call: HammeredCall, work: () => Promise<T>, onLost?: () => void): Promise<T | undefined> {
    return this.#try(call, () => this.#calls.make(call, work), onLost);
  }

  async #try<T>(call: HammeredCall, work: () => Promise<T>, onLost?: () => void): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (onLost && BeatxError.hasCode(error, "LOCK_LOST")) onLost();
      else this.#note({ kind: "failed", call, message: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }

  #note(event: HammerEvent): void {
    appendEvent(this.#task.journal, event);
  }

  #pause(aboutMs: number): Promise<void> {
    return pause(aboutMs * randomBetween(this.#random, 0.5, 1.5));
  }
}
