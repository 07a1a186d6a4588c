import type { Clock } from "./clock.js";
import { BeatxError } from "./errors.js";
import type { BeatEmitter } from "./events.js";
import type { Logger } from "./logger.js";
import type { MirrorChanges } from "./mirror.js";
import type { DueEntry, Roster } from "./roster.js";
import type { Lease } from "./store.js";
import type { Message } from "./publisher.js";

/** What can be out of reach. */
export type Peer = "store" | "publisher";

/** Turns what happens into events and log lines: each transition once, never one per attempt or tick. */
export class Reporter {
  readonly #emitter: BeatEmitter;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #outages = new Map<Peer, { readonly sinceMs: number; readonly message: string }>();
  /** Broken entries that were reported, with their revisions. */
  readonly #broken = new Map<string, string>();

  constructor(emitter: BeatEmitter, logger: Logger, clock: Clock) {
    this.#emitter = emitter;
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Logged when it begins or when the message changes; an `error` event each time. */
  failed(peer: Peer, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const known = this.#outages.get(peer);
    if (known?.message !== message) {
      this.#outages.set(peer, { sinceMs: known?.sinceMs ?? this.#clock.monotonicMs(), message });
      this.#logger.error({ peer, err: message }, `${peer}: ${message}`);
    }
    this.#emitter.report(error);
  }

  works(peer: Peer): void {
    const known = this.#outages.get(peer);
    if (!known) return;
    this.#outages.delete(peer);
    const outMs = Math.round(this.#clock.monotonicMs() - known.sinceMs);
    this.#logger.info({ peer, outMs }, `${peer}: works again after ${(outMs / 1000).toFixed(1)} s`);
  }

  settled({ planned, settlement }: DueEntry, message: Message | null, lease: Lease, lateMs: number): void {
    if (message) {
      const { id, entry, task, scheduledAt } = message;
      this.#emitter.emit("published", { id, entry, task, scheduledAt, lateMs, fence: lease.fence });
    }
    const { skipped, atLeast, to } = settlement;
    if (skipped === 0) return;
    const missed = { entry: planned.name, count: skipped, atLeast, until: to };
    this.#emitter.emit("missed", missed);
    this.#logger.warn(
      missed,
      `${planned.name}: ${atLeast ? "at least " : ""}${skipped} occurrences were missed and not sent`,
    );
  }

  changed({ added, updated, removed, forgotten }: MirrorChanges): void {
    if (forgotten) {
      this.#logger.warn(
        {},
        "the store has lost the schedule; this node keeps its copy for the next leader to write back",
      );
    }
    if (added.length + updated.length + removed.length === 0) return;
    this.#emitter.emit("changed", { added, updated, removed });
    const counts = { added: added.length, updated: updated.length, removed: removed.length };
    this.#logger.info(counts, "the schedule has changed");
  }

  stateLost(restored: number, cursorsKept: boolean): void {
    const rest = cursorsKept ? "nothing is lost" : "what was due between the loss and now is not sent";
    const message = `the store had lost its memory: ${restored} entries were written back from this node's; ${rest}`;
    this.#logger.warn({ restored, cursorsKept }, message);
    this.#emitter.emit("state-lost", { restored, cursorsKept, message });
  }

  /** Each unreadable entry once per revision. */
  brokenEntries(roster: Roster): void {
    for (const [name, { revision, error }] of roster.broken) {
      if (this.#broken.get(name) === revision) continue;
      this.#broken.set(name, revision);
      this.#logger.error({ entry: name, err: error.message }, error.message);
      this.#emitter.report(error);
    }
  }

  /** An error of the store, or of the publisher or one message. */
  static peerOf(error: unknown): Peer {
    return BeatxError.hasCode(error, "STORE") ? "store" : "publisher";
  }
}
