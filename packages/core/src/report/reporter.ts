import type { Clock } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import { describe } from "../base/describe.js";
import type { Message } from "../contract/publisher.js";
import { ScheduleTypes } from "../discovery/schedule-types.js";
import type { RunReport } from "../publisher/handler-runs.js";
import type { FollowedChanges } from "../sync/schedule-follower.js";
import type { DueEntry } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";
import type { BeatEmitter, BeatEvents, MissedReason } from "./events.js";
import type { Logger } from "./logger.js";
import { ProgressLog } from "./progress-log.js";

/** A server that a node depends on. */
export type Peer = "store" | "publisher";

/** An outage that lasts is logged again after this time. */
const REMIND_MS = 60_000;

/** Emits events and writes log lines. A change is logged once, not at every attempt or tick. */
export class Reporter {
  readonly #emitter: BeatEmitter;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #types: ScheduleTypes;
  readonly #outages = new Map<Peer, { readonly sinceMs: number; loggedMs: number }>();
  /** Entries that fail while others go out. */
  readonly #failing = new Set<string>();
  /** Counts of missed occurrences that are not logged yet, by reason and entry. */
  readonly #missed: Readonly<Record<MissedReason, Map<string, number>>> = { policy: new Map(), passed: new Map() };
  readonly #warned = new Set<string>();
  /** The revisions of broken entries that were reported, by name. */
  readonly #broken = new Map<string, string>();
  #brokenCount = 0;
  readonly #progress: ProgressLog;

  constructor(emitter: BeatEmitter, logger: Logger, clock: Clock, types: ScheduleTypes = new ScheduleTypes()) {
    this.#types = types;
    this.#emitter = emitter;
    this.#logger = logger;
    this.#clock = clock;
    this.#progress = new ProgressLog(logger, clock);
  }

  /** Long work with entries of the schedule goes on: one line every few seconds. */
  progress(work: string, done: number, total?: number): void {
    this.#progress.note(work, done, total);
  }

  /** Logged when it begins and then once a minute; an `error` event each time. */
  failed(peer: Peer, error: unknown): void {
    const now = this.#clock.monotonicMs();
    const known = this.#outages.get(peer);
    if (!known || now - known.loggedMs >= REMIND_MS) {
      const sinceMs = known?.sinceMs ?? now;
      this.#outages.set(peer, { sinceMs, loggedMs: now });
      const still = known ? `still, after ${seconds(now - sinceMs)} s: ` : "";
      this.#logger.error({ peer }, `${peer}: ${still}${textOf(error)}`);
    }
    this.#emitter.tell("error", asError(error));
  }

  /** One entry fails while others go out: logged when it begins; an `error` event each time. */
  entryFailed(entry: string, error: unknown): void {
    if (!this.#failing.has(entry)) {
      this.#failing.add(entry);
      this.#logger.error({ entry }, `${entry}: ${textOf(error)}`);
    }
    this.#emitter.tell("error", asError(error));
  }

  /** Whether the peer has failed and has not worked since. */
  isOut(peer: Peer): boolean {
    return this.#outages.has(peer);
  }

  works(peer: Peer): void {
    const known = this.#outages.get(peer);
    if (!known) return;
    this.#outages.delete(peer);
    const outMs = Math.round(this.#clock.monotonicMs() - known.sinceMs);
    this.#logger.info({ peer, outMs }, `${peer}: works again after ${seconds(outMs)} s`);
  }

  /** `isPassed`: the last of the skipped occurrences was passed at the queue. `now`: cluster time, epoch ms. */
  done(due: DueEntry, messages: readonly Message[], now: number, isPassed = false): void {
    this.#failing.delete(due.entry.name);
    for (const { id, entry, task, scheduledAt, fence } of messages) {
      this.#emitter.tell("published", { id, entry, task, scheduledAt, lateMs: now - scheduledAt, fence });
    }
    this.#skipped(due, isPassed);
  }

  #skipped({ entry, decision: { skipped, atLeast, to } }: DueEntry, isPassed: boolean): void {
    const passed = isPassed ? 1 : 0;
    this.#noteMissed({ entry: entry.name, count: skipped - passed, atLeast, until: to, reason: "policy" });
    this.#noteMissed({ entry: entry.name, count: passed, atLeast: false, until: to, reason: "passed" });
  }

  #noteMissed(event: BeatEvents["missed"][0]): void {
    const { entry, count, reason } = event;
    if (count === 0) return;
    this.#emitter.tell("missed", event);
    this.#missed[reason].set(entry, (this.#missed[reason].get(entry) ?? 0) + count);
  }

  /** At most once: an earlier leader claimed the occurrence and left no outcome (R25). */
  openClaim({ id, entry, scheduledAt }: Message): void {
    this.#emitter.tell("uncertain", { id, entry, scheduledAt });
    const instant = new Date(scheduledAt).toISOString();
    const why = "an earlier leader claimed it and left no outcome, so it may or may not have been sent";
    this.#logger.warn({ entry, id }, `${entry}: the occurrence of ${instant} is uncertain: ${why}`);
  }

  /** At most once: the occurrence may or may not be sent (R25). */
  uncertain(due: DueEntry, { id, entry, scheduledAt }: Message, error: Error): void {
    this.#emitter.tell("uncertain", { id, entry, scheduledAt });
    this.#skipped(due, false);
    this.failed("publisher", error);
  }

  /** A function of `handlers` has ended. */
  run(report: RunReport): void {
    const { message, outcome, durationMs, error } = report;
    this.#emitter.tell("run", report);
    if (outcome === "failed") {
      const { entry, task, id } = message;
      this.#logger.error({ entry, task, id, durationMs }, `${entry}: the run failed: ${textOf(error)}`);
    }
  }

  /** One debug line per batch. `moved`: the cursors that moved; the other attempts are made again. */
  batch(attempts: number, moved: number): void {
    this.#logger.debug?.({ attempts, moved }, "batch sent");
  }

  /** Logs everything that was missed since the last call, in one line per reason. */
  logMissed(): void {
    this.#logMissed("policy", "missed occurrences were not sent, by policy");
    this.#logMissed(
      "passed",
      "occurrences were not sent, because the queue had already taken a later one of the entry",
    );
  }

  #logMissed(reason: MissedReason, words: string): void {
    const missed = this.#missed[reason];
    if (missed.size === 0) return;
    const count = [...missed.values()].reduce((sum, each) => sum + each, 0);
    const names = [...missed.keys()];
    this.#logger.warn({ count, entries: names.length }, `${count} ${words}: ${firstOf(names)}`);
    missed.clear();
  }

  /** Logs each line once. */
  warnings(lines: readonly string[]): void {
    for (const line of lines) {
      if (this.#warned.has(line)) continue;
      this.#warned.add(line);
      this.#logger.warn({}, line);
    }
  }

  changed({ added, updated, removed, isLost }: FollowedChanges): void {
    if (isLost) {
      this.#logger.warn({}, "the store has lost the schedule; the next leader writes it back from memory");
    }
    if (added.length + updated.length + removed.length === 0) return;
    this.#emitter.tell("changed", { added, updated, removed });
    const counts = { added: added.length, updated: updated.length, removed: removed.length };
    this.#logger.info(counts, "the schedule has changed");
  }

  stateLost(restored: number, cursorsKept: boolean): void {
    const rest = cursorsKept ? "nothing is lost" : "occurrences due between the loss and now are not sent";
    const message = `the store had lost its data: ${restored} entries were written back from memory; ${rest}`;
    this.#logger.warn({ restored, cursorsKept }, message);
    this.#emitter.tell("state-lost", { restored, cursorsKept, message });
  }

  /** Reports each broken entry once per revision; those whose schedule type is missing together, once per type. */
  brokenEntries(timetable: Timetable): void {
    if (timetable.brokenCount === this.#brokenCount) return;
    this.#brokenCount = timetable.brokenCount;
    const missing = new Set<string>();
    for (const [name, { revision, error, missingType }] of timetable.broken) {
      if (this.#broken.get(name) === revision) continue;
      this.#broken.set(name, revision);
      if (missingType === undefined) this.#broke({ entry: name }, error);
      else missing.add(missingType);
    }
    for (const type of missing) this.#missesType(timetable, type);
  }

  #missesType(timetable: Timetable, type: string): void {
    const names = [...timetable.broken].filter(([, { missingType }]) => missingType === type).map(([name]) => name);
    const why = this.#types.reasonMissing(type) ?? `the schedule type ${describe(type)} is unknown`;
    const which =
      names.length === 1
        ? `the stored entry ${JSON.stringify(names[0])} is broken`
        : `${names.length} stored entries are broken (${firstOf(names)})`;
    const message = `${which}: ${why}`;
    this.#broke({ scheduleType: type, entries: names.length }, new BeatxError("BAD_ENTRY", message));
  }

  #broke(fields: object, error: Error): void {
    this.#logger.error(fields, error.message);
    this.#emitter.tell("error", error);
  }

  /** Which server an error comes from; an error of one message counts as the publisher's. */
  static peerOf(error: unknown): Peer {
    const codes = ["STORE", "CONFLICT", "VALUE_TOO_LARGE", "BAD_ENTRY"] as const;
    return codes.some((code) => BeatxError.hasCode(error, code)) ? "store" : "publisher";
  }
}

function firstOf(names: readonly string[]): string {
  return names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
